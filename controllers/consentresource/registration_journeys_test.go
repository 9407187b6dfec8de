// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"fmt"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/equality"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// journey is a step in a consent's life: from how it stands at the start to what is then declared.
type journey struct {
	name  string
	from  func(*v1alpha1.ConsentResource) // nil where it is not there before
	to    func(*v1alpha1.ConsentResource) // nil where it is deleted
	world func(*sandbox.Options)
}

var journeys = []journey{
	{name: "registering", to: unchanged},
	{name: "registering with many who may ask", to: asked(numbers(150)...)},
	{name: "editing all", from: unchanged, to: func(c *v1alpha1.ConsentResource) {
		titled("Inntekt og skatt")(c)
		asked(sandbox.RequesterANumber, sandbox.BankNumber)(c)
		*c.Spec.MinimumAuthenticationLevel = 4
	}},
	{name: "exchanging many who may ask", from: asked(numbers(140)...), to: asked(numbers(250)[20:]...)},
	{name: "letting any organisation ask", from: unchanged, to: asked()},
	{name: "withdrawing", from: unchanged, to: state(v1alpha1.ConsentWithdrawn)},
	{name: "publishing again", from: state(v1alpha1.ConsentWithdrawn), to: state(v1alpha1.ConsentPublished)},
	{name: "withdrawing for deletion", from: unchanged},
	{name: "deleting", from: leaving(v1alpha1.ConsentDelete)},
	{name: "deleting where nothing is deleted", from: leaving(v1alpha1.ConsentDelete), world: func(o *sandbox.Options) { o.Production = true }},
}

func unchanged(*v1alpha1.ConsentResource) {}

// outcome is where a journey ends when nothing goes wrong: the reference for those on which something does.
type outcome struct {
	calls    []call
	state    string
	versions int64
	writes   int  // to the cluster
	gone     bool // the consent
}

// trip is one journey, under way.
type trip struct {
	*world
	subject *v1alpha1.ConsentResource
}

// depart makes a world as it stands before a journey, and declares what is to come of it.
func (j journey) depart(ctx context.Context, h *home) *trip {
	GinkgoHelper()
	var changes []func(*sandbox.Options)
	if j.world != nil {
		changes = append(changes, j.world)
	}
	t := &trip{world: h.open(changes...)}
	if j.from == nil {
		t.subject = t.declare(ctx, j.to)
	} else {
		t.subject = t.declare(ctx)
		t.settle(ctx, t.subject, nil)
		wanted := t.subject.DeepCopy()
		if j.from(wanted); !equality.Semantic.DeepEqual(wanted.Spec, t.subject.Spec) {
			t.edit(ctx, j.from)
			t.settle(ctx, t.subject, nil)
		}
		if j.to == nil {
			Expect(t.api.Delete(ctx, t.subject)).To(Succeed())
			Expect(t.judge(ctx, t.subject)).To(Succeed())
		} else {
			t.edit(ctx, j.to)
		}
	}
	t.wire.begin()
	t.cluster.writes = nil
	return t
}

func (t *trip) edit(ctx context.Context, change func(*v1alpha1.ConsentResource)) {
	GinkgoHelper()
	Expect(t.gone(ctx, t.subject)).To(BeFalse())
	change(t.subject)
	t.subject.Generation++ // an API server would anyway
	Expect(t.api.Update(ctx, t.subject)).To(Succeed())
}

// arrive ends a trip, and clears away what is left of it.
func (t *trip) arrive(ctx context.Context) {
	GinkgoHelper()
	t.wantNoSecrets()
	t.clear(ctx, t.subject)
	t.close()
}

// clean makes a journey on which nothing goes wrong.
func (j journey) clean(ctx context.Context, h *home) outcome {
	GinkgoHelper()
	t := j.depart(ctx, h)
	defer t.arrive(ctx)
	t.settle(ctx, t.subject, nil)
	clean := outcome{calls: t.wire.made(), writes: len(t.cluster.writes)}
	clean.state, clean.versions = t.state()
	clean.gone = t.gone(ctx, t.subject)
	Expect(clean.gone).To(Equal(j.to == nil))
	return clean
}

// wantLike wants a trip to have come to where the clean one did, with no more versions.
func (t *trip) wantLike(clean outcome, how string) {
	GinkgoHelper()
	state, versions := t.state()
	if state != clean.state {
		Fail(fmt.Sprintf("%s: want\n%s\ngot\n%s", how, clean.state, state))
	}
	if versions != clean.versions {
		Fail(fmt.Sprintf("%s: want %d versions, got %d", how, clean.versions, versions))
	}
}

// wantHonest wants Ready to be True only when the registry is as the clean journey leaves it.
func (t *trip) wantHonest(clean outcome, how string) {
	GinkgoHelper()
	if t.subject.ResourceVersion == "" || !isReady(t.subject) {
		return
	}
	if state, _ := t.state(); state != clean.state {
		Fail(how + ": Ready is True, but the registry holds\n" + state)
	}
}
