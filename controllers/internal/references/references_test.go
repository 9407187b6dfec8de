// SPDX-License-Identifier: BSD-3-Clause

package references

import (
	"errors"
	"regexp"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

var (
	keys     = Ref{Kind: "Secret", Name: "keys"}
	settings = Ref{Kind: "ConfigMap", Name: "settings"}
)

func TestDigestsChangeWithContent(t *testing.T) {
	labelled := aConfig(map[string]string{"a": "1", "b": "2"})
	labelled.Labels, labelled.Annotations = map[string]string{"x": "y"}, map[string]string{"x": "y"}
	binary := &corev1.ConfigMap{ObjectMeta: metaOf("settings"), BinaryData: map[string][]byte{"a": []byte("1"), "b": []byte("2")}}
	half := &corev1.ConfigMap{ObjectMeta: metaOf("settings"), Data: map[string]string{"a": "1"}, BinaryData: map[string][]byte{"b": []byte("2")}}
	for name, tc := range map[string]struct {
		ref           Ref
		before, after client.Object
		changes       bool
	}{
		"a value of a Secret": {ref: keys, before: aSecret(map[string][]byte{"a": []byte("1")}), after: aSecret(map[string][]byte{"a": []byte("2")}), changes: true},
		"a key of a Secret":   {ref: keys, before: aSecret(map[string][]byte{"a": []byte("1")}), after: aSecret(map[string][]byte{"b": []byte("1")}), changes: true},
		"a further, empty key": {ref: keys, before: aSecret(map[string][]byte{"a": []byte("1")}),
			after: aSecret(map[string][]byte{"a": []byte("1"), "b": {}}), changes: true},
		"a value that moves to another key":    {ref: settings, before: aConfig(map[string]string{"a": "1", "b": ""}), after: aConfig(map[string]string{"a": "", "b": "1"}), changes: true},
		"a border that moves":                  {ref: settings, before: aConfig(map[string]string{"a": "bc"}), after: aConfig(map[string]string{"ab": "c"}), changes: true},
		"text that becomes binary":             {ref: settings, before: aConfig(map[string]string{"a": "1", "b": "2"}), after: binary, changes: true},
		"a key that becomes binary":            {ref: settings, before: aConfig(map[string]string{"a": "1", "b": "2"}), after: half, changes: true},
		"labels and annotations are no matter": {ref: settings, before: aConfig(map[string]string{"a": "1", "b": "2"}), after: labelled},
		"the same written again is no matter":  {ref: keys, before: aSecret(map[string][]byte{"a": []byte("1")}), after: aSecret(map[string][]byte{"a": []byte("1")})},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, tc.before)
			before := c.digest(t, tc.ref)
			c.store(t, tc.after)
			if after := c.digest(t, tc.ref); (before != after) != tc.changes {
				t.Errorf("changes should be %v: %s, %s", tc.changes, before, after)
			}
			if !regexp.MustCompile(`^[0-9a-f]{16}$`).MatchString(before) {
				t.Errorf("digest %q", before)
			}
		})
	}
}

func TestDigestsOfReferences(t *testing.T) {
	other := Ref{Kind: "ConfigMap", Name: "keys"}
	newFull := func() *cluster {
		return newCluster(t, aSecret(map[string][]byte{"a": []byte("1")}), aConfig(map[string]string{"a": "1"}),
			&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "keys", Namespace: tenant, UID: "uid-3"}, Data: map[string]string{"a": "1"}})
	}
	whole := newFull().digest(t, keys, settings)
	for name, tc := range map[string]struct {
		refs []Ref
		same bool
	}{
		"in another order is the same":                          {refs: []Ref{settings, keys}, same: true},
		"named twice is the same":                               {refs: []Ref{settings, keys, settings}, same: true},
		"one less is another":                                   {refs: []Ref{settings}},
		"of the same content under another kind is another":     {refs: []Ref{settings, other}},
		"of the same content and one more of it is another too": {refs: []Ref{settings, keys, other}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := newFull().digest(t, tc.refs...); (got == whole) != tc.same {
				t.Errorf("the same should be %v: %s, %s", tc.same, whole, got)
			}
		})
	}
}

func TestDigestsOfWhatIsNotThere(t *testing.T) {
	lost := errors.New("no answer")
	for name, tc := range map[string]struct {
		existing []client.Object
		failing  map[string]error
		refs     []Ref
		digest   bool
		missing  []Ref
		failure  string
	}{
		"no references are no digest":  {},
		"what is not there is missing": {refs: []Ref{keys}, digest: true, missing: []Ref{keys}},
		"all that is not there is missing, in order": {
			existing: []client.Object{aSecret(nil)}, refs: []Ref{{Kind: "Secret", Name: "z"}, keys, {Kind: "Secret", Name: "a"}, settings}, digest: true,
			missing: []Ref{settings, {Kind: "Secret", Name: "a"}, {Kind: "Secret", Name: "z"}},
		},
		"what lies in another namespace is missing": {
			existing: []client.Object{&corev1.Secret{ObjectMeta: metav1.ObjectMeta{Name: "keys", Namespace: "so-nav"}}}, refs: []Ref{keys}, digest: true, missing: []Ref{keys},
		},
		"content that cannot be read means that nothing is known": {
			existing: []client.Object{aSecret(nil)}, failing: map[string]error{"Secret keys": lost}, refs: []Ref{keys, settings},
			failure: "reading Secret keys: no answer",
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCluster(t, tc.existing...)
			c.failing = tc.failing
			digest, missing, err := c.digests.Of(t.Context(), tenant, slices.Clone(tc.refs))
			if (err == nil) != (tc.failure == "") || err != nil && err.Error() != tc.failure {
				t.Errorf("error: want %q, got %v", tc.failure, err)
			}
			if (digest != "") != tc.digest {
				t.Errorf("digest %q", digest)
			}
			if diff := cmp.Diff(tc.missing, missing); diff != "" {
				t.Errorf("missing (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDigestsReadEachVersionOnce(t *testing.T) {
	c := newCluster(t, aSecret(map[string][]byte{"a": []byte("1")}), aConfig(map[string]string{"a": "1"}))
	for i, step := range []struct {
		do    func()
		reads []string
	}{
		{reads: []string{"ConfigMap settings", "Secret keys"}},
		{},
		{do: func() { c.store(t, aSecret(map[string][]byte{"a": []byte("2")})) }, reads: []string{"Secret keys"}},
		{},
		{do: func() { c.store(t, aConfig(map[string]string{"a": "2"})) }, reads: []string{"ConfigMap settings"}},
		{do: func() {
			reborn := aSecret(map[string][]byte{"a": []byte("2")})
			reborn.UID = "uid-9"
			c.remove(t, aSecret(nil))
			c.create(t, reborn)
		}, reads: []string{"Secret keys"}},
		{},
	} {
		c.reads = nil
		if step.do != nil {
			step.do()
		}
		c.digest(t, settings, keys, settings)
		if diff := cmp.Diff(step.reads, c.reads); diff != "" {
			t.Errorf("step %d: live reads (-want +got):\n%s", i+1, diff)
		}
	}
}

func TestDigestsTryAgainAfterAFailure(t *testing.T) {
	c := newCluster(t, aSecret(map[string][]byte{"a": []byte("1")}))
	c.failing["Secret keys"] = errors.New("no answer")
	if _, _, err := c.digests.Of(t.Context(), tenant, []Ref{keys}); err == nil {
		t.Error("no error")
	}
	delete(c.failing, "Secret keys")
	c.digest(t, keys)
	if diff := cmp.Diff([]string{"Secret keys", "Secret keys"}, c.reads); diff != "" {
		t.Errorf("live reads (-want +got):\n%s", diff)
	}
}

func TestDigestsRetainNothingOfTheContent(t *testing.T) {
	secret := aSecret(map[string][]byte{"password": []byte("hunter2")})
	c := newCluster(t, secret)
	c.digest(t, keys)
	var stored corev1.Secret
	if err := c.server.Get(t.Context(), client.ObjectKeyFromObject(secret), &stored); err != nil {
		t.Fatal(err)
	}
	if len(c.digests.known) != 1 {
		t.Fatalf("%d things are kept", len(c.digests.known))
	}
	kept := c.digests.known[place{kindSecret, tenant, "keys"}]
	if kept.version != versionOf(&stored) || !regexp.MustCompile(`^[0-9a-f]{64}$`).MatchString(kept.digest) {
		t.Errorf("what is kept is not a version and a digest: %+v", kept)
	}
}
