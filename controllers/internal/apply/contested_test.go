// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// aContestedCluster is one in which a webhook puts a ConfigMap's value back each time it is written.
func aContestedCluster(t *testing.T) *cluster {
	t.Helper()
	c := newCluster(t)
	if _, err := c.applier.Apply(t.Context(), anApp(), nil, childrenOf(aConfig("a", "1"))); err != nil {
		t.Fatal(err)
	}
	c.calls = nil
	c.incoming = func(obj client.Object) { obj.(*corev1.ConfigMap).Data["key"] = "theirs" }
	return c
}

// aRound is one pass over the contested child.
type aRound struct {
	meddle    func(*cluster)
	desired   string
	calls     []string
	contested bool
}

func TestApplyContested(t *testing.T) {
	const write = "update ConfigMap a"
	first := aRound{desired: "2", calls: []string{write}}
	for name, rounds := range map[string][]aRound{
		"it is written once and then left, however often we look": {
			first, {desired: "2", contested: true}, {desired: "2", contested: true},
		},
		"it is written again when something else changes it": {
			first, {desired: "2", contested: true},
			{desired: "2", calls: []string{write}, meddle: func(c *cluster) {
				config := aConfig("a", "")
				c.change(config, func() { config.Labels["theirs"] = "1" })
			}},
			{desired: "2", contested: true},
		},
		"it is written again when we want something else": {
			first, {desired: "2", contested: true}, {desired: "3", calls: []string{write}}, {desired: "3", contested: true},
		},
		"it is written again after a restart, which forgets": {
			first, {desired: "2", contested: true},
			{desired: "2", calls: []string{write}, meddle: func(c *cluster) {
				c.applier = &Applier{Client: c.applier.Client, Live: c.applier.Live}
			}},
			{desired: "2", contested: true},
		},
		"it is settled and forgotten when the other lets go": {
			first, {desired: "2", contested: true},
			{desired: "2", meddle: func(c *cluster) {
				c.incoming = nil
				config := aConfig("a", "")
				c.change(config, func() { config.Data["key"] = "2" })
			}},
			{desired: "3", calls: []string{write}}, {desired: "3"},
		},
		"it is left when we come to want what the other wants": {
			first, {desired: "2", contested: true}, {desired: "theirs", calls: []string{write}}, {desired: "theirs"},
		},
		"a write that failed is tried again": {
			{desired: "2", calls: []string{write}, meddle: func(c *cluster) { c.failing[write] = errors.New("lost") }},
			{desired: "2", calls: []string{write}, meddle: func(c *cluster) { delete(c.failing, write) }},
			{desired: "2", contested: true},
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := aContestedCluster(t)
			for i, round := range rounds {
				if round.meddle != nil {
					round.meddle(c)
				}
				c.calls = nil
				_, err := c.applier.Apply(t.Context(), anApp(), nil, childrenOf(aConfig("a", round.desired)))
				var contested *ContestedError
				if errors.As(err, &contested) != round.contested {
					t.Errorf("round %d: contested should be %v: %v", i+1, round.contested, err)
				}
				if diff := cmp.Diff(round.calls, c.calls); diff != "" {
					t.Errorf("round %d: calls (-want +got):\n%s", i+1, diff)
				}
			}
		})
	}
}

func TestApplyContestedFromItsCreation(t *testing.T) {
	c := newCluster(t)
	c.incoming = func(obj client.Object) { obj.(*corev1.ConfigMap).Data["key"] = "theirs" }
	for i, want := range []aRound{
		{calls: []string{"create ConfigMap a"}}, {calls: []string{"update ConfigMap a"}}, {contested: true}, {contested: true},
	} {
		c.calls = nil
		_, err := c.applier.Apply(t.Context(), anApp(), nil, childrenOf(aConfig("a", "1")))
		var contested *ContestedError
		if diff := cmp.Diff(want.calls, c.calls); diff != "" || errors.As(err, &contested) != want.contested {
			t.Errorf("round %d: %v; calls (-want +got):\n%s", i+1, err, diff)
		}
	}
}

func TestContestedForgets(t *testing.T) {
	var memory contested
	if memory.is("u", "7", "digest") {
		t.Error("it knows what it was not told")
	}
	memory.note("u", "7", "digest")
	memory.note("v", "7", "digest")
	for name, same := range map[string]bool{
		"the state": memory.is("u", "7", "digest"), "another version": !memory.is("u", "8", "digest"),
		"another wish": !memory.is("u", "7", "other"), "another object": !memory.is("w", "7", "digest"),
	} {
		if !same {
			t.Errorf("%s is not told from others", name)
		}
	}
	memory.forget("u")
	if memory.is("u", "7", "digest") || !memory.is("v", "7", "digest") || len(memory.states) != 1 {
		t.Errorf("after forgetting one it remembers %v", memory.states)
	}
}
