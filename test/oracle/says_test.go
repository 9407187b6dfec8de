// SPDX-License-Identifier: BSD-3-Clause

package oracle

import (
	"cmp"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/np-guard/netpol-analyzer/pkg/logger"
	"github.com/np-guard/netpol-analyzer/pkg/netpol/eval"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// pair is two workloads.
type pair struct{ from, to isolation.Key }

// sides are what the one's policies let out, what the other's let in, and what gets through.
type sides struct{ out, in, through isolation.Ports }

// end is an address outside that a workload is called by, or calls.
type end struct {
	workload  isolation.Key
	direction isolation.Direction
	address   netip.Addr
}

// allNumbers is all that both evaluators know: everything but protocols without ports.
var allNumbers = must(isolation.PortsOf([]networkingv1.NetworkPolicyPort{
	{Protocol: ptr.To(corev1.ProtocolTCP)}, {Protocol: ptr.To(corev1.ProtocolUDP)}, {Protocol: ptr.To(corev1.ProtocolSCTP)},
}))

func must[T any](value T, err error) T {
	if err != nil {
		panic(err)
	}
	return value
}

// ourAnswers is what package isolation says.
type ourAnswers struct {
	pairs     map[pair]sides
	workloads map[isolation.Key]isolation.Workload
	policies  map[string][]*isolation.Policy
}

func isolationSays(t *testing.T, c cluster) ourAnswers {
	t.Helper()
	answers := ourAnswers{pairs: map[pair]sides{}, workloads: map[isolation.Key]isolation.Workload{}, policies: map[string][]*isolation.Policy{}}
	for _, policy := range c.policies {
		compiled, err := isolation.Compile(policy)
		if err != nil {
			t.Fatal(err)
		}
		answers.policies[policy.Namespace] = append(answers.policies[policy.Namespace], compiled)
	}
	in := map[string][]isolation.Workload{}
	for _, deployment := range c.deployments {
		workload := workloadOf(deployment)
		answers.workloads[keyOf(workload.Namespace, workload.Name)] = workload
		in[workload.Namespace] = append(in[workload.Namespace], workload)
	}
	world := isolation.NewWorld()
	for _, namespace := range c.namespaces {
		name := namespace.Name
		world.Set(isolation.Namespace{Name: name, Labels: namespace.Labels, Workloads: in[name], Policies: answers.policies[name]})
	}
	for e := range world.Edges() {
		answers.pairs[pair{e.From, e.To}] = sides{e.Out.Intersect(allNumbers), e.In.Intersect(allNumbers), e.Through().Intersect(allNumbers)}
	}
	return answers
}

func keyOf(namespace, name string) isolation.Key {
	return isolation.Key{Namespace: namespace, Name: name}
}

func workloadOf(deployment *appsv1.Deployment) isolation.Workload {
	workload := isolation.Workload{
		Namespace: deployment.Namespace, Name: deployment.Name,
		Labels: deployment.Spec.Template.Labels, Ports: map[string]isolation.NamedPort{},
	}
	for _, port := range deployment.Spec.Template.Spec.Containers[0].Ports {
		workload.Ports[port.Name] = isolation.NamedPort{Protocol: string(cmp.Or(port.Protocol, corev1.ProtocolTCP)), Number: port.ContainerPort}
	}
	return workload
}

// openTo is what stands open for a workload from or to an address.
func (a ourAnswers) openTo(e end) isolation.Ports {
	workload := a.workloads[e.workload]
	var open isolation.Ports
	for _, opening := range isolation.Of(a.policies[e.workload.Namespace], workload, e.direction).Openings {
		if reaches(opening.Peer, e.address) {
			open = open.Union(opening.Ports.Resolve(workload.Ports))
		}
	}
	return open.Intersect(allNumbers)
}

func reaches(peer isolation.Peer, address netip.Addr) bool {
	if peer.Addresses == nil {
		return peer.Pods == nil
	}
	for _, part := range peer.Addresses.Except {
		if part.Contains(address) {
			return false
		}
	}
	return peer.Addresses.CIDR.Contains(address)
}

// theirAnswers is what netpol-analyzer says, of every ordered pair, and for some clusters of every workload with each
// range that policies tell apart.
type theirAnswers struct {
	pairs     map[pair]sides
	alone     isolation.Direction // the side of pairs that was asked for by itself
	addresses map[end]isolation.Ports
}

// analyzerSays asks of one direction by itself as well: with all of the other one opened, by one more policy in each
// namespace, only the first is left to close anything.
func analyzerSays(t *testing.T, c cluster) theirAnswers {
	t.Helper()
	engine := engineOf(t, c)
	answers := theirAnswers{pairs: map[pair]sides{}}
	if len(c.policies)%3 == 0 { // there are many addresses, and little is different about each
		answers.addresses = addressesOf(t, engine)
	}
	for p, ports := range pairsOf(t, engine) {
		answers.pairs[p] = sides{through: ports}
	}
	other := networkingv1.PolicyTypeIngress
	if answers.alone = networkingv1.PolicyTypeEgress; len(c.deployments)%2 == 0 {
		other, answers.alone = answers.alone, other
	}
	do(t, engine.InsertObject, opened(c, other))
	for p, ports := range pairsOf(t, engine) {
		said := answers.pairs[p]
		said.in, said.out = ports, ports // one of them is asked for
		answers.pairs[p] = said
	}
	return answers
}

func engineOf(t *testing.T, c cluster) *eval.PolicyEngine {
	t.Helper()
	engine := must(eval.NewPolicyEngineWithOptionsList(eval.WithLogger(logger.NewDefaultLoggerWithVerbosity(logger.LowVerbosity))))
	do(t, engine.InsertObject, c.namespaces)
	do(t, engine.InsertObject, c.deployments)
	do(t, engine.InsertObject, c.policies)
	return engine
}

// point is one port of a workload, called by another.
type point struct {
	pair
	protocol corev1.Protocol
	port     int32
}

// analyzerSaysOf asks for some ports of each pair: a number that some range of the cluster begins or ends with, or one
// beside it.
func analyzerSaysOf(t *testing.T, c cluster) map[point]bool {
	t.Helper()
	engine := engineOf(t, c)
	answers := map[point]bool{}
	edges, next := edgesOf(c.policies), 0
	for _, from := range c.deployments {
		for _, to := range c.deployments {
			if from == to {
				continue
			}
			for _, protocol := range []corev1.Protocol{corev1.ProtocolTCP, corev1.ProtocolUDP, corev1.ProtocolSCTP} {
				next++
				p := point{pair{keyOf(from.Namespace, from.Name), keyOf(to.Namespace, to.Name)}, protocol, edges[next%len(edges)]}
				answers[p] = must(engine.CheckIfAllowed(podOf(from), podOf(to), string(protocol), fmt.Sprint(p.port)))
			}
		}
	}
	return answers
}

// podOf is the name that netpol-analyzer gives a workload's first pod.
func podOf(deployment *appsv1.Deployment) string {
	return deployment.Namespace + "/" + deployment.Name + "-1"
}

// edgesOf are the numbers around those that policies name.
func edgesOf(policies []*networkingv1.NetworkPolicy) []int32 {
	edges := slices.Clone(portNumbers)
	add := func(ports []networkingv1.NetworkPolicyPort) {
		for _, port := range ports {
			if port.EndPort != nil {
				for _, edge := range []int32{port.Port.IntVal - 1, port.Port.IntVal, *port.EndPort, *port.EndPort + 1} {
					edges = append(edges, min(max(edge, 1), 65535))
				}
			}
		}
	}
	for _, policy := range policies {
		for _, rule := range policy.Spec.Ingress {
			add(rule.Ports)
		}
		for _, rule := range policy.Spec.Egress {
			add(rule.Ports)
		}
	}
	return edges
}

func do[T runtime.Object](t *testing.T, what func(runtime.Object) error, objects []T) {
	t.Helper()
	for _, object := range objects {
		if err := what(object); err != nil {
			t.Fatal(err)
		}
	}
}

// opened are policies that open all of one direction.
func opened(c cluster, direction isolation.Direction) []*networkingv1.NetworkPolicy {
	var policies []*networkingv1.NetworkPolicy
	for _, namespace := range c.namespaces {
		policy := &networkingv1.NetworkPolicy{
			ObjectMeta: metav1.ObjectMeta{Namespace: namespace.Name, Name: "open"},
			Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{direction}},
		}
		if direction == networkingv1.PolicyTypeIngress {
			policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
		} else {
			policy.Spec.Egress = []networkingv1.NetworkPolicyEgressRule{{}}
		}
		policies = append(policies, policy)
	}
	return policies
}

func pairsOf(t *testing.T, engine *eval.PolicyEngine) map[pair]isolation.Ports {
	t.Helper()
	workloads := must(engine.GetWorkloadPeersList())
	answers := map[pair]isolation.Ports{}
	for _, from := range workloads {
		for _, to := range workloads {
			if from != to {
				p := pair{keyOf(from.Namespace(), from.Name()), keyOf(to.Namespace(), to.Name())}
				answers[p] = portsOf(t, must(engine.AllAllowedConnectionsBetweenWorkloadPeers(from, to)))
			}
		}
	}
	return answers
}

func addressesOf(t *testing.T, engine *eval.PolicyEngine) map[end]isolation.Ports {
	t.Helper()
	sources, destinations, _, err := engine.GetIPBlockPeersLists()
	if err != nil {
		t.Fatal(err)
	}
	answers := map[end]isolation.Ports{}
	for _, workload := range must(engine.GetWorkloadPeersList()) {
		key := keyOf(workload.Namespace(), workload.Name())
		for _, source := range sources {
			ports := portsOf(t, must(engine.AllAllowedConnectionsBetweenWorkloadPeers(source, workload)))
			answers[end{key, networkingv1.PolicyTypeIngress, oneOf(t, source)}] = ports
		}
		for _, destination := range destinations {
			ports := portsOf(t, must(engine.AllAllowedConnectionsBetweenWorkloadPeers(workload, destination)))
			answers[end{key, networkingv1.PolicyTypeEgress, oneOf(t, destination)}] = ports
		}
	}
	return answers
}

// oneOf is an address of a range. All of a range are alike: the ranges that policies tell apart are apart.
func oneOf(t *testing.T, peer eval.Peer) netip.Addr {
	t.Helper()
	first, _, _ := strings.Cut(peer.String(), "-")
	address, err := netip.ParseAddr(first)
	if err != nil {
		t.Fatalf("reading a range of netpol-analyzer: %v", err)
	}
	return address
}

// connections are what is asked of netpol-analyzer's own set, whose type has no name outside.
type connections[R numbers] interface {
	IsAllConnections() bool
	ProtocolsAndPortsMap(denied bool) map[corev1.Protocol][]R
}

// numbers is a range of ports.
type numbers interface {
	Start() int64
	End() int64
}

// portsOf turns their set into ours, by way of the API's own words.
func portsOf[R numbers](t *testing.T, set connections[R]) isolation.Ports {
	t.Helper()
	if set.IsAllConnections() {
		return allNumbers
	}
	var list []networkingv1.NetworkPolicyPort
	for protocol, ranges := range set.ProtocolsAndPortsMap(false) {
		for _, r := range ranges {
			list = append(list, networkingv1.NetworkPolicyPort{
				Protocol: &protocol, Port: ptr.To(intstr.FromInt32(int32(r.Start()))), EndPort: ptr.To(int32(r.End())),
			})
		}
	}
	if len(list) == 0 {
		return isolation.Ports{}
	}
	ports, err := isolation.PortsOf(list)
	if err != nil {
		t.Fatal(fmt.Errorf("reading ports of netpol-analyzer: %w", err))
	}
	return ports
}
