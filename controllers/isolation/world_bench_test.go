// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"fmt"
	"runtime"
	"syscall"
	"testing"
	"time"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// A bench's cluster: namespaces of ten apps, each with all closed but DNS, and a policy for each app that lets in the
// gateway, a neighbour and an app of another owner, and lets out to a neighbour, another owner's app and a range. Beside
// them, the namespaces of DNS and of the gateway, where nothing is closed.
const appsPerNamespace = 10

func benchName(n int) string { return fmt.Sprintf("so-%04d", n) }

func appOf(n int) string { return fmt.Sprintf("app-%d", (n+appsPerNamespace)%appsPerNamespace) }

func benchPolicy(tb testing.TB, namespace, name, spec string) *Policy {
	policy := policyOf(tb, spec)
	policy.Namespace, policy.Name = namespace, name
	return compiledOf(tb, policy)
}

// benchNamespace is the n-th of a cluster; its first app lets in one more neighbour when it is changed.
func benchNamespace(tb testing.TB, n, all int, changed string) Namespace {
	name := benchName(n)
	namespace := Namespace{Name: name, Labels: labels.Set{"owner": name}, Policies: []*Policy{
		benchPolicy(tb, name, "default-deny", `{podSelector: {}, policyTypes: [Ingress, Egress]}`),
		benchPolicy(tb, name, "allow-dns", `
podSelector: {}
policyTypes: [Egress]
egress:
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: kube-system}}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
  ports: [{port: 53, protocol: UDP}, {port: 53}]`),
	}}
	for i := range appsPerNamespace {
		more := ""
		if i == 0 {
			more = changed
		}
		namespace.Workloads = append(namespace.Workloads, Workload{
			Name: appOf(i), Foreign: []string{"pod-template-hash"},
			Labels: labels.Set{labelApp: appOf(i), "app.kubernetes.io/part-of": name, "app.kubernetes.io/managed-by": "operator"},
		})
		namespace.Policies = append(namespace.Policies, benchPolicy(tb, name, appOf(i), fmt.Sprintf(`
podSelector: {matchLabels: {app.kubernetes.io/name: %s, app.kubernetes.io/part-of: %s}}
policyTypes: [Ingress, Egress]
ingress:
- from:
  - namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gateway}}
  - podSelector: {matchLabels: {app.kubernetes.io/name: %s}}
  - {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}, podSelector: {matchLabels: {app.kubernetes.io/name: %s}}}
  %s
  ports: [{port: 8080}]
egress:
- to: [{podSelector: {matchLabels: {app.kubernetes.io/name: %s}}}]
- to: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}, podSelector: {matchLabels: {app.kubernetes.io/name: %s}}}]
- to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
  ports: [{port: 443}]`,
			appOf(i), name, appOf(i-1), benchName((n+all-1)%all), appOf(i), more, appOf(i+1), benchName((n+1)%all), appOf(i))))
	}
	return namespace
}

func benchCluster(tb testing.TB, all int) []Namespace {
	cluster := []Namespace{
		{Name: "kube-system", Workloads: []Workload{{Name: "kube-dns", Labels: labels.Set{"k8s-app": "kube-dns"}}, {Name: "metrics-server"}}},
		{Name: "gateway", Workloads: []Workload{{Name: "gateway", Labels: labels.Set{labelApp: "gateway"}}}},
	}
	for n := range all {
		cluster = append(cluster, benchNamespace(tb, n, all, ""))
	}
	return cluster
}

// cpu is the time that this process has had a processor for: on a machine that others use, it says more than a clock.
func cpu(tb testing.TB) time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

// measured runs what is measured, and reports the processor's time of a run.
func measured(b *testing.B, run func()) {
	start := cpu(b)
	for b.Loop() {
		run()
	}
	b.ReportMetric(float64(cpu(b)-start)/float64(b.N)/1e6, "cpu-ms/op")
}

// heap is what lives after a collection, in bytes.
func heap() uint64 {
	var stats runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&stats)
	return stats.HeapAlloc
}

// BenchmarkWholeProof makes a proof of a cluster from nothing.
func BenchmarkWholeProof(b *testing.B) {
	for _, all := range []int{100, 300, 1000} {
		b.Run(fmt.Sprintf("%d_namespaces", all), func(b *testing.B) {
			cluster := benchCluster(b, all)
			before := heap()
			var proof *Proof
			measured(b, func() {
				proof = NewProof(Crosses)
				for _, namespace := range cluster {
					proof.Set(namespace)
				}
			})
			b.ReportMetric(float64(heap()-before)/(1<<20), "MiB")
			if against := len(proof.Against()); against != all+2 { // all know a neighbour, and the two are open to each other
				b.Fatalf("%d namespaces have edges to others", against)
			}
		})
	}
}

// BenchmarkAllEdges goes through all edges of a cluster that is known.
func BenchmarkAllEdges(b *testing.B) {
	for _, all := range []int{100, 300, 1000} {
		b.Run(fmt.Sprintf("%d_namespaces", all), func(b *testing.B) {
			world := NewWorld()
			for _, namespace := range benchCluster(b, all) {
				world.Set(namespace)
			}
			edges := 0
			measured(b, func() {
				edges = 0
				for range world.Edges() {
					edges++
				}
			})
			b.ReportMetric(float64(edges), "edges")
		})
	}
}

// BenchmarkOnePolicyMore proves again after one policy of one namespace is another.
func BenchmarkOnePolicyMore(b *testing.B) {
	for _, all := range []int{100, 300, 1000} {
		b.Run(fmt.Sprintf("%d_namespaces", all), func(b *testing.B) {
			proof := NewProof(Crosses)
			for _, namespace := range benchCluster(b, all) {
				proof.Set(namespace)
			}
			n := all / 2
			states := []Namespace{
				benchNamespace(b, n, all, fmt.Sprintf(`- {namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: %s}}}`, benchName(n+1))),
				benchNamespace(b, n, all, ""),
			}
			i := 0
			measured(b, func() {
				proof.Set(states[i%2])
				i++
			})
		})
	}
}

// BenchmarkGateway proves again after the namespace changed that all others name.
func BenchmarkGateway(b *testing.B) {
	proof := NewProof(Crosses)
	cluster := benchCluster(b, 1000)
	for _, namespace := range cluster {
		proof.Set(namespace)
	}
	measured(b, func() { proof.Set(cluster[1]) })
}

// BenchmarkManyAppsInOneNamespace proves again after a change in a namespace of a thousand apps, each with a policy that
// opens it to a neighbour.
func BenchmarkManyAppsInOneNamespace(b *testing.B) {
	namespace := Namespace{Name: "so-x", Policies: []*Policy{benchPolicy(b, "so-x", "default-deny", `{podSelector: {}, policyTypes: [Ingress, Egress]}`)}}
	for i := range 1000 {
		name := fmt.Sprintf("app-%d", i)
		namespace.Workloads = append(namespace.Workloads, Workload{Name: name, Labels: labels.Set{labelApp: name}, Foreign: []string{"pod-template-hash"}})
		namespace.Policies = append(namespace.Policies, benchPolicy(b, "so-x", name, fmt.Sprintf(`
podSelector: {matchLabels: {app.kubernetes.io/name: %s}}
policyTypes: [Ingress, Egress]
ingress: [{from: [{podSelector: {matchLabels: {app.kubernetes.io/name: app-%d}}}]}]
egress: [{to: [{podSelector: {matchLabels: {app.kubernetes.io/name: app-%d}}}]}]`, name, i-1, i+1)))
	}
	proof := NewProof(Crosses)
	measured(b, func() { proof.Set(namespace) })
}

// BenchmarkExcess holds what stands for the apps of one namespace against what they declare, in both directions.
func BenchmarkExcess(b *testing.B) {
	namespace := benchNamespace(b, 1, 10, "")
	for b.Loop() {
		for _, w := range namespace.Workloads {
			w.Namespace = namespace.Name
			for _, direction := range []Direction{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress} {
				stand := Of(namespace.Policies, w, direction)
				if left := Excess(stand.Openings, stand.Openings); !stand.Closed || len(left) > 0 {
					b.Fatalf("%s", left)
				}
			}
		}
	}
}

// BenchmarkCompile reads one app's policy.
func BenchmarkCompile(b *testing.B) {
	policy := policyOf(b, `
podSelector: {matchLabels: {app.kubernetes.io/name: app, app.kubernetes.io/part-of: so-1}}
policyTypes: [Ingress, Egress]
ingress:
- from: [{namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: gateway}}}, {podSelector: {matchLabels: {app.kubernetes.io/name: other}}}]
  ports: [{port: 8080}]
egress:
- to: [{ipBlock: {cidr: 10.0.0.0/8, except: [10.1.0.0/16]}}]
  ports: [{port: 443}]`)
	for b.Loop() {
		if _, err := Compile(policy); err != nil {
			b.Fatal(err)
		}
	}
}
