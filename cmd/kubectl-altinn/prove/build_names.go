// SPDX-License-Identifier: BSD-3-Clause

package prove

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

// Cilium's own labels begin with where they come from, and the namespace of a pod is one of them.
const (
	fromKubernetes  = "k8s:"
	ciliumNamespace = fromKubernetes + "io.kubernetes.pod.namespace"
)

// nameSpec is all of a CiliumNetworkPolicy that is understood here: what opens hosts by their names, with the DNS that
// it takes, and what denies more, which opens nothing. One that says anything else is not evaluated.
type nameSpec struct {
	EndpointSelector *ciliumSelector `json:"endpointSelector"`
	Egress           []nameRule      `json:"egress"`
	EgressDeny       []any           `json:"egressDeny"`
	IngressDeny      []any           `json:"ingressDeny"`
}

type ciliumSelector struct {
	MatchLabels map[string]string `json:"matchLabels"`
}

type nameRule struct {
	ToFQDNs []struct {
		MatchName    string `json:"matchName"`
		MatchPattern string `json:"matchPattern"`
	} `json:"toFQDNs"`
	ToEndpoints []ciliumSelector `json:"toEndpoints"`
	ToPorts     []struct {
		Ports []struct {
			Port     string `json:"port"`
			Protocol string `json:"protocol"`
		} `json:"ports"`
		Rules struct {
			DNS []any `json:"dns"`
		} `json:"rules"`
	} `json:"toPorts"`
}

// judgeOther tells what a policy opens that the operator keeps to open hosts by their names, as far as it is nothing
// else; false when it cannot be evaluated.
func (b *builder) judgeOther(other OtherPolicy, points map[string]*Point) bool {
	t := b.tenantOf(other.Namespace)
	if t == nil || other.Kind != "CiliumNetworkPolicy" || strayed(other.Labels, t.inventory["CiliumNetworkPolicy.cilium.io "+other.Name], false) != "" {
		return false
	}
	spec, understood := readNames(other.Spec)
	if !understood {
		return false
	}
	var opened []Point
	for i := range spec.Egress {
		ports, known := spec.Egress[i].ports()
		peers, outside := spec.Egress[i].peers()
		if !known || !outside {
			return false
		}
		for _, peer := range peers {
			opened = append(opened, Point{
				Direction: networkingv1.PolicyTypeEgress, ServiceOwner: t.code, Peer: peer, Ports: portsText(ports),
				Workloads: t.matching(spec.EndpointSelector), Policies: []string{other.Name},
			})
		}
	}
	if b.in(t.code) {
		for _, point := range opened {
			addPoint(points, point)
		}
	}
	return true
}

func (b *builder) tenantOf(namespace string) *tenant {
	for _, t := range b.tenants {
		if t.namespace == namespace {
			return t
		}
	}
	return nil
}

// readNames reads a spec that says nothing but what is understood.
func readNames(spec map[string]any) (nameSpec, bool) {
	content, err := json.Marshal(spec)
	if err != nil {
		return nameSpec{}, false
	}
	var read nameSpec
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&read); err != nil || read.EndpointSelector == nil {
		return nameSpec{}, false
	}
	return read, true
}

// ports are those of a rule; false when it leaves them open.
func (r *nameRule) ports() (isolation.Ports, bool) {
	var list []networkingv1.NetworkPolicyPort
	for _, to := range r.ToPorts {
		if len(to.Ports) == 0 {
			return isolation.Ports{}, false
		}
		for _, port := range to.Ports {
			number, err := strconv.ParseInt(port.Port, 10, 32)
			if err != nil {
				return isolation.Ports{}, false
			}
			protocol, value := corev1.Protocol(port.Protocol), intstr.FromInt32(int32(number))
			list = append(list, networkingv1.NetworkPolicyPort{Protocol: &protocol, Port: &value})
		}
	}
	ports, err := isolation.PortsOf(list)
	return ports, err == nil && len(list) > 0
}

// peers are hosts, or pods outside the tenants' namespaces; false when they may be others.
func (r *nameRule) peers() ([]Peer, bool) {
	var peers []Peer
	for _, host := range r.ToFQDNs {
		name := host.MatchName + host.MatchPattern
		if name == "" || strings.Trim(name, "*.") == "" {
			return nil, false
		}
		peers = append(peers, Peer{Kind: PeerHost, Name: name})
	}
	for _, selector := range r.ToEndpoints {
		namespace := selector.MatchLabels[ciliumNamespace]
		if namespace == "" || v1alpha1.OwnerOfNamespace(namespace) != "" {
			return nil, false
		}
		set := selector.set()
		delete(set, strings.TrimPrefix(ciliumNamespace, fromKubernetes))
		peers = append(peers, Peer{Kind: PeerNamespace, Name: namespace, Detail: strings.ReplaceAll(set.String(), ",", ", ")})
	}
	return peers, (len(r.ToFQDNs) == 0) != (len(r.ToEndpoints) == 0)
}

// set are a selector's labels as Kubernetes has them.
func (s *ciliumSelector) set() labels.Set {
	set := labels.Set{}
	for key, value := range s.MatchLabels {
		set[strings.TrimPrefix(key, fromKubernetes)] = value
	}
	return set
}

// matching are the names of the workloads that a selector of Cilium selects.
func (t *tenant) matching(selector *ciliumSelector) []string {
	var names []string
	chosen := labels.SelectorFromSet(selector.set())
	for _, w := range t.workloads {
		if chosen.Matches(w.Labels) {
			names = append(names, w.ref.Name)
		}
	}
	return names
}
