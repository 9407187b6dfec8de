// SPDX-License-Identifier: BSD-3-Clause

package engine

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/report"
)

// aJourney is a way from one state to another that can be cut short at any write.
type aJourney[O report.Object] struct {
	// subject is the resource as a test starts with it.
	subject func() O
	// before is what it has at the start; nil starts from nothing.
	before func() []apply.Child
	// meddle is what somebody does then.
	meddle func(*cluster)
	// wanted is what it is to have in the end.
	wanted func() []apply.Child
	// atLeast is how many writes the journey has when nothing goes wrong; fewer would test too little.
	atLeast int
}

// aFault is a way in which a write goes wrong.
type aFault struct {
	// moment is before or after the write is done.
	moment string
	// crash panics instead of returning an error.
	crash bool
}

var faults = map[string]aFault{
	"a write that fails":                          {moment: "before"},
	"a write whose answer is lost":                {moment: "after"},
	"a crash before a write":                      {moment: "before", crash: true},
	"a crash after a write, before it is noticed": {moment: "after", crash: true},
}

func TestReconcileConvergesFromACrashAtAnyWrite(t *testing.T) {
	change := func(c *cluster) {
		deleteConfig(c, "a")
		var drifted corev1.ConfigMap
		if err := c.server.Get(c.t.Context(), client.ObjectKey{Namespace: tenant, Name: "b"}, &drifted); err != nil {
			c.t.Fatal(err)
		}
		drifted.Data["value"] = "theirs"
		if err := c.server.Update(c.t.Context(), &drifted); err != nil {
			c.t.Fatal(err)
		}
	}
	some := func(specs ...string) func() []apply.Child { return func() []apply.Child { return configs(specs...) } }
	inside := func(specs ...string) func() []apply.Child {
		return func() []apply.Child { return inNamespace(specs...) }
	}
	for name, journey := range map[string]aJourney[*v1alpha1.App]{
		"the first pass of an App":           {wanted: some("a", "b", "c"), atLeast: 5},
		"an App that wants other children":   {before: some("a", "b", "c"), wanted: some("a", "b=2", "d", "e"), atLeast: 6},
		"an App that wants no children":      {before: some("a", "b"), wanted: some(), atLeast: 3},
		"an App whose children were changed": {before: some("a", "b", "c"), wanted: some("a", "b", "c"), meddle: change, atLeast: 2},
	} {
		journey.subject = anApp
		for how, fault := range faults {
			t.Run(name+": "+how, func(t *testing.T) { journey.try(t, fault) })
		}
	}
	for name, journey := range map[string]aJourney[*v1alpha1.ServiceOwner]{
		"the first pass of a ServiceOwner":         {wanted: inside("a", "b"), atLeast: 6},
		"a ServiceOwner that wants other children": {before: inside("a", "b"), wanted: inside("b=2", "c"), atLeast: 5},
		"a ServiceOwner that is deleted":           {before: inside("a", "b"), meddle: func(c *cluster) { c.delete(v1alpha1.DeletionDelete) }, atLeast: 3},
		"a ServiceOwner that is deleted and kept":  {before: inside("a", "b"), meddle: func(c *cluster) { c.delete(v1alpha1.DeletionRetain) }, atLeast: 1},
		"a ServiceOwner whose namespace is taken away": {before: inside("a"), wanted: inside("a"), atLeast: 2, meddle: func(c *cluster) {
			namespace := &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: tenant}}
			if err := errors.Join(c.server.Delete(c.t.Context(), namespace), c.empty(c.t.Context(), namespace)); err != nil {
				c.t.Fatal(err)
			}
		}},
	} {
		journey.subject = aServiceOwner
		for how, fault := range faults {
			t.Run(name+": "+how, func(t *testing.T) { journey.try(t, fault) })
		}
	}
}

// try cuts the journey short at its first write, then at its second, and so on until it goes through,
// and compares each time what comes of it with a journey that nothing cut short.
func (j aJourney[O]) try(t *testing.T, fault aFault) {
	t.Helper()
	undisturbed := j.start(t)
	j.arrive(undisturbed)
	want := j.state(undisturbed)
	if writes := len(undisturbed.calls); writes < j.atLeast {
		t.Fatalf("the journey has %d writes: %v", writes, undisturbed.calls)
	}
	for n := 1; n <= len(undisturbed.calls)+1; n++ {
		c := j.start(t)
		struck := false
		c.fault = func(moment string, write int) error {
			if write != n || moment != fault.moment {
				return nil
			}
			struck = true
			if fault.crash {
				panic(errCrash)
			}
			return errors.New("the connection is lost")
		}
		for range undisturbed.calls {
			j.step(c)
			j.expectNoOrphan(c, n)
			if struck {
				break
			}
		}
		if struck != (n <= len(undisturbed.calls)) {
			t.Fatalf("write %d of %v: struck is %v", n, undisturbed.calls, struck)
		}
		c.fault = nil
		j.arrive(c)
		j.expectNoOrphan(c, n)
		if diff := cmp.Diff(want, j.state(c)); diff != "" {
			t.Errorf("cut short at write %d, %s: end state (-undisturbed +got):\n%s", n, undisturbed.calls[min(n, len(undisturbed.calls))-1], diff)
		}
	}
}

var errCrash = errors.New("crash")

// start returns the cluster at the start of the journey.
func (j aJourney[O]) start(t *testing.T) *cluster {
	t.Helper()
	c := newCluster(t, j.subject())
	if j.before != nil {
		passes(c, admitting[O](j.before), j.subject())
	}
	if j.meddle != nil {
		j.meddle(c)
	}
	return c
}

// step runs one pass of a fresh engine, which may fail or crash.
func (j aJourney[O]) step(c *cluster) {
	c.t.Helper()
	defer func() {
		if crash := recover(); crash != nil && crash != any(errCrash) {
			panic(crash)
		}
	}()
	_, _ = pass(c, admitting[O](j.wanted), j.subject()) // an error is what the test is about
}

// arrive runs fresh engines until one has nothing to do.
func (j aJourney[O]) arrive(c *cluster) {
	c.t.Helper()
	for range 10 {
		before := len(c.calls)
		if _, err := pass(c, admitting[O](j.wanted), j.subject()); err != nil {
			c.t.Errorf("a pass that nothing disturbs: %v", err)
		}
		if len(c.calls) == before {
			return
		}
	}
	c.t.Errorf("it does not come to rest: %v", c.calls)
}

// expectNoOrphan says that everything that is there and ours is on record, and that a ServiceOwner
// with a record is held by the finalizer.
func (j aJourney[O]) expectNoOrphan(c *cluster, n int) {
	c.t.Helper()
	subject := object(c, j.subject())
	if any(subject) == any(*new(O)) {
		return // gone: what Retain keeps is compared as the end state
	}
	onRecord := map[v1alpha1.Child]bool{}
	for _, ref := range subject.GetStatus().Children {
		onRecord[ref] = true
	}
	for _, obj := range j.objects(c) {
		ref, err := apply.Reference(obj, c.server.Scheme())
		if err != nil {
			c.t.Fatal(err)
		}
		if !onRecord[ref] {
			c.t.Errorf("write %d: %s %s is an orphan; on record are %v", n, ref.Kind, ref.Name, recorded(subject))
		}
		if subject.GetNamespace() != "" && !metav1.IsControlledBy(obj, subject) {
			c.t.Errorf("write %d: %s %s is not owned by the App", n, ref.Kind, ref.Name)
		}
	}
	if subject.GetNamespace() == "" && len(onRecord) > 0 && len(subject.GetFinalizers()) == 0 {
		c.t.Errorf("write %d: a ServiceOwner with a record can vanish", n)
	}
}

// objects are all that could have been made.
func (j aJourney[O]) objects(c *cluster) []client.Object {
	c.t.Helper()
	var namespaces corev1.NamespaceList
	var configs corev1.ConfigMapList
	if err := errors.Join(c.server.List(c.t.Context(), &namespaces), c.server.List(c.t.Context(), &configs)); err != nil {
		c.t.Fatal(err)
	}
	var objects []client.Object
	for i := range namespaces.Items {
		objects = append(objects, &namespaces.Items[i])
	}
	for i := range configs.Items {
		objects = append(objects, &configs.Items[i])
	}
	return objects
}

// state is all that is there, without what counts writes.
func (j aJourney[O]) state(c *cluster) map[string]string {
	c.t.Helper()
	state := map[string]string{}
	note := func(obj client.Object) {
		obj.SetResourceVersion("")
		if _, isSubject := obj.(O); !isSubject {
			obj.SetUID("")
		}
		text, err := json.MarshalIndent(obj, "", " ")
		if err != nil {
			c.t.Fatal(err)
		}
		state[fmt.Sprintf("%T %s", obj, obj.GetName())] = string(text)
	}
	if subject := object(c, j.subject()); any(subject) != any(*new(O)) {
		note(subject)
	}
	for _, obj := range j.objects(c) {
		note(obj)
	}
	return state
}
