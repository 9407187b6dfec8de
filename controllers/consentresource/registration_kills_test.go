// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"fmt"
	"net/http"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

var _ = Describe("An operator that is killed", func() {
	for _, j := range journeys {
		It("at any call outside while "+j.name+" leaves nothing the next one does not put right", func(ctx SpecContext) {
			h := newQuickHome()
			clean := j.clean(ctx, h)
			cases := 0
			for n, hit := range clean.calls {
				for _, landed := range []bool{false, true} {
					if landed && !hit.writes() {
						continue
					}
					for _, mute := range []bool{false, true} { // whether it can still say what happened
						cases++
						how := fmt.Sprintf("killed at call %d, %s, which lands: %v, mute: %v", n+1, hit, landed, mute)
						t := j.depart(ctx, h)
						t.wire.at, t.wire.hit = n+1, func(request *http.Request) (*http.Response, error) {
							if landed {
								t.wire.lose(request)
							}
							t.wire.kill()
							t.cluster.dead = mute
							return nil, errKilled
						}
						t.resume(ctx, clean, how)
						t.arrive(ctx)
					}
				}
			}
			AddReportEntry("cases", cases)
		})

		It("at any write to the cluster while "+j.name+" leaves nothing the next one does not put right", func(ctx SpecContext) {
			h := newQuickHome()
			clean := j.clean(ctx, h)
			for n := range clean.writes {
				for _, landed := range []bool{false, true} {
					t := j.depart(ctx, h)
					t.cluster.breaks, t.cluster.landed = n+1, landed
					t.resume(ctx, clean, fmt.Sprintf("killed at write %d, which lands: %v", n+1, landed))
					t.arrive(ctx)
				}
			}
			AddReportEntry("cases", 2*clean.writes)
		})
	}
})

// What is on record was found to stand before an edit, and an edit that was begun has overruled it.
var _ = Describe("An edit of a ConsentResource that is taken back", func() {
	It("while an operator is killed carrying it out, is not Ready before what it was is put right", func(ctx SpecContext) {
		h := newQuickHome()
		for _, j := range []journey{journeys[2], journeys[4], journeys[5]} {
			clean := j.clean(ctx, h)
			for n := range clean.calls {
				t := j.depart(ctx, h)
				t.edit(ctx, unchanged)
				before := t.consent.Spec
				t.wire.at, t.wire.hit = n+1, func(request *http.Request) (*http.Response, error) {
					t.wire.lose(request)
					t.wire.kill()
					t.cluster.dead = true
					return nil, errKilled
				}
				_, _ = t.register(ctx, t.subject)
				t.start()
				t.edit(ctx, func(c *v1alpha1.ConsentResource) { c.Spec = *before.DeepCopy() })
				Expect(t.judge(ctx, t.subject)).To(Succeed())
				changed := t.resource(t.code+"-income") == nil || t.list(t.code+"-income") == nil ||
					t.resource(t.code + "-income").Title["nb"] != string(before.Title.NB) || len(t.list(t.code+"-income").Members) != 2
				how := fmt.Sprintf("%s, killed at call %d, %s", j.name, n+1, clean.calls[n])
				Expect(isReady(t.subject) && changed).To(BeFalse(), how)
				t.settle(ctx, t.subject, nil)
				Expect(isReady(t.subject)).To(BeTrue(), how)
				Expect(t.list(t.code+"-income").Members).To(HaveLen(2), how)
				Expect(t.newEvents()).NotTo(ContainElement(ContainSubstring("RegistrationRepaired")), how)
				t.arrive(ctx)
			}
		}
	})
})

// resume lets an operator go until it dies, and another one go on.
func (t *trip) resume(ctx SpecContext, clean outcome, how string) {
	GinkgoHelper()
	for range 3 {
		if _, err := t.register(ctx, t.subject); err == nil && !t.gone(ctx, t.subject) {
			_ = t.judge(ctx, t.subject)
		}
		if t.wire.killed || t.cluster.dead {
			break
		}
	}
	t.wantHonest(clean, how+", before another starts")
	t.start()
	t.settle(ctx, t.subject, func() { t.wantHonest(clean, how) })
	t.wantLike(clean, how)
	Expect(t.gone(ctx, t.subject)).To(Equal(clean.gone), how)
}
