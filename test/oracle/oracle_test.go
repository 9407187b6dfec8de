// SPDX-License-Identifier: BSD-3-Clause

package oracle

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime/debug"
	"slices"
	"strings"
	"testing"

	networkingv1 "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/controllers/isolation"
)

var (
	seed     = flag.Uint64("oracle.seed", 1, "what the clusters are made of")
	clusters = flag.Int("oracle.clusters", 10_000, "how many there are")
)

// tally is what was compared, and how much of it has something open: clusters in which all is closed prove nothing.
type tally struct {
	policies, pairs, through, partly, oneSided, addresses, open int
}

func TestMain(m *testing.M) {
	flag.Parse()
	debug.SetGCPercent(400) // netpol-analyzer makes much garbage, and little of it stays
	os.Exit(m.Run())
}

func TestBothEvaluatorsGiveTheSameConnections(t *testing.T) {
	t.Logf("repeat with -args -oracle.seed=%d", *seed)
	var seen tally
	each(t, *clusters, forSets, func(c cluster) []string { return compare(t, c, &seen) })
	t.Logf("%d clusters, %d policies; of %d pairs of workloads something gets through between %d, not all between %d, and %d are open on one side alone; "+
		"of %d pairs with an address, %d are open", *clusters, seen.policies, seen.pairs, seen.through, seen.partly, seen.oneSided, seen.addresses, seen.open)
	for _, count := range []int{seen.through, seen.partly, seen.oneSided, seen.open, seen.addresses - seen.open, seen.pairs - seen.through} {
		if count < *clusters/2 {
			t.Errorf("only %d of one kind in %d clusters: they prove too little", count, *clusters)
		}
	}
}

func TestBothEvaluatorsGiveTheSameAnswerForOnePort(t *testing.T) {
	t.Logf("repeat with -args -oracle.seed=%d", *seed)
	open, asked := 0, 0
	each(t, *clusters/2, forPoints, func(c cluster) []string {
		ours := isolationSays(t, c)
		var differences []string
		for p, their := range analyzerSaysOf(t, c) {
			our := ours.pairs[p.pair].through.Has(string(p.protocol), p.port)
			if asked++; our {
				open++
			}
			if our != their {
				differences = append(differences, fmt.Sprintf("%s to %s on %s %d: isolation says %t, netpol-analyzer %t", p.from, p.to, p.protocol, p.port, our, their))
			}
		}
		slices.Sort(differences)
		return differences
	})
	t.Logf("%d clusters; of %d ports between two workloads, %d are open", *clusters/2, asked, open)
	if open < *clusters || asked-open < *clusters {
		t.Errorf("the clusters prove too little")
	}
}

// each makes clusters until one makes a difference, and shows that.
func each(t *testing.T, count int, q question, differences func(cluster) []string) {
	t.Helper()
	for i := range count {
		c := dice{rand.New(rand.NewPCG(*seed, uint64(i))), q}.cluster()
		if found := differences(c); len(found) > 0 {
			t.Fatalf("cluster %d of seed %d:\n%s\n\n%s", i, *seed, strings.Join(found, "\n"), manifests(t, c))
		}
	}
}

// compare says how the two differ over a cluster, a line for each difference.
func compare(t *testing.T, c cluster, seen *tally) []string {
	t.Helper()
	ours, theirs := isolationSays(t, c), analyzerSays(t, c)
	seen.policies += len(c.policies)
	var differences []string
	differ := func(where string, our, their isolation.Ports) {
		if !our.Equal(their) {
			differences = append(differences, fmt.Sprintf("%s: isolation says %s, netpol-analyzer %s", where, our, their))
		}
	}
	for pair, their := range theirs.pairs {
		our := ours.pairs[pair]
		seen.count(our)
		where := fmt.Sprintf("%s to %s ", pair.from, pair.to)
		if theirs.alone == networkingv1.PolicyTypeEgress {
			differ(where+"is let out", our.out, their.out)
		} else {
			differ(where+"is let in", our.in, their.in)
		}
		differ(where+"gets through", our.through, their.through)
	}
	for end, their := range theirs.addresses {
		our := ours.openTo(end)
		seen.addresses++
		if !their.IsEmpty() {
			seen.open++
		}
		differ(fmt.Sprintf("%s of %s with %s", end.direction, end.workload, end.address), our, their)
	}
	slices.Sort(differences)
	return differences
}

func (t *tally) count(said sides) {
	t.pairs++
	if !said.through.IsEmpty() {
		t.through++
		if !said.through.Equal(allNumbers) {
			t.partly++
		}
	}
	if said.in.IsEmpty() != said.out.IsEmpty() {
		t.oneSided++
	}
}

// manifests is a cluster as YAML, for people to look into.
func manifests(t *testing.T, c cluster) string {
	t.Helper()
	var documents []string
	add := func(object any) {
		text, err := yaml.Marshal(object)
		if err != nil {
			t.Fatal(err)
		}
		documents = append(documents, string(text))
	}
	for _, namespace := range c.namespaces {
		add(namespace)
	}
	for _, deployment := range c.deployments {
		add(deployment)
	}
	for _, policy := range c.policies {
		add(policy)
	}
	return strings.Join(documents, "---\n")
}
