// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

// usualFacts are those of an App that was made once, and that nothing speaks against.
func usualFacts(t testing.TB) app.Facts {
	subject := incomeApp()
	subject.Status.Children = []v1alpha1.Child{{APIVersion: "apps/v1", Kind: "Deployment", Namespace: "so-skd", Name: "income"}}
	return app.Facts{
		App: subject, Now: born.Time, RouteKindKnown: true,
		Holding: gate.Holding{
			Code: "skd", Owner: serviceOwner("skd"), Operator: operatorConfiguration(t),
			Agreements: []v1alpha1.DataProcessingAgreement{sampleAgreement(t, "skd")},
		},
		Baseline: []*networkingv1.NetworkPolicy{defaultDeny("so-skd")}, Policies: []networkingv1.NetworkPolicy{*defaultDeny("so-skd")},
	}
}

func TestRules(t *testing.T) {
	for name, tc := range map[string]struct {
		facts func(*app.Facts)
		want  decide.Verdict
	}{
		"admits an App of a service owner whose namespace stands": {
			facts: func(*app.Facts) {},
			want:  admitted(),
		},

		"withdraws an App that is suspended": {
			facts: func(f *app.Facts) { f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"} },
			want:  withdrawn(appSuspended),
		},
		"withdraws the Apps of a service owner that is suspended": {
			facts: func(f *app.Facts) { f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"} },
			want:  withdrawn(ownerSuspended),
		},
		"names the App's own suspension before its owner's": {
			facts: func(f *app.Facts) {
				f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
				f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
			},
			want: withdrawn(appSuspended, ownerSuspended),
		},

		"holds an App whose service owner does not exist": {
			facts: func(f *app.Facts) { f.Owner = nil },
			want:  held(ownerGap("There is no ServiceOwner skd for namespace so-skd", "Apply the ServiceOwner; the App follows by itself")),
		},
		"holds an App whose service owner is being deleted": {
			facts: func(f *app.Facts) { f.Owner.DeletionTimestamp = ptr.To(minute(1)) },
			want:  held(ownerGap("ServiceOwner skd is being deleted", "Apply the ServiceOwner; the App follows by itself")),
		},
		"holds an App whose namespace is not its service owner's yet": {
			facts: func(f *app.Facts) { f.Owner.Status.Namespace = "" },
			want: held(ownerGap("ServiceOwner skd has not made namespace so-skd its own yet",
				"Look at kubectl describe serviceowner skd; the App follows by itself")),
		},

		"admits a host outside the platform's domain": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "skattemelding.skd.example.no" },
			want:  admitted(),
		},
		"admits a host that only ends like the platform's domain": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "navapps.tt02.altinn.no" },
			want:  admitted(),
		},
		"admits its owner's own host when it is spelled out": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "skd.apps.tt02.altinn.no" },
			want:  admitted(),
		},
		"refuses the host of another service owner": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "nav.apps.tt02.altinn.no" },
			want:  held(foreignHost("nav.apps.tt02.altinn.no")),
		},
		"refuses a host below its owner's own, which no other rule looks after": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "www.skd.apps.tt02.altinn.no" },
			want:  held(foreignHost("www.skd.apps.tt02.altinn.no")),
		},
		"refuses the platform's domain itself": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "apps.tt02.altinn.no" },
			want:  held(foreignHost("apps.tt02.altinn.no")),
		},
		"refuses the host of the platform's own services": {
			facts: func(f *app.Facts) { f.App.Spec.Ingress.Host = "platform.tt02.altinn.no" },
			want: held(decide.Finding{
				Effect: decide.Hold, Reason: v1alpha1.ReasonHostNotOwned, Actor: v1alpha1.ActorServiceOwner,
				Message: "Host platform.tt02.altinn.no is not skd's: it is that of the platform's own services",
				Remedy:  "Leave spec.ingress.host out, or name a host of your own",
			}),
		},
		"does not ask for the host of an App that is not published": {
			facts: func(f *app.Facts) {
				f.App.Spec.Ingress = v1alpha1.Ingress{Enabled: ptr.To(false), Host: "nav.apps.tt02.altinn.no"}
			},
			want: admitted(),
		},

		"lets the older of two Apps have an address": {
			facts: func(f *app.Facts) { f.SameAddress = []v1alpha1.App{otherApp("so-skd", "imposter", minute(6))} },
			want:  admitted(),
		},
		"refuses an address that an older App of the same owner has, and names it": {
			facts: func(f *app.Facts) { f.SameAddress = []v1alpha1.App{otherApp("so-skd", "earnings", minute(4))} },
			want:  held(addressTaken("App earnings")),
		},
		"refuses an address that an older App of another owner has, without naming it": {
			facts: func(f *app.Facts) {
				f.App.Spec.Ingress = v1alpha1.Ingress{Host: "shared.example.no", Path: "/income"}
				other := otherApp("so-nav", "income", minute(4))
				other.Spec.Ingress = f.App.Spec.Ingress
				f.SameAddress = []v1alpha1.App{other}
			},
			want: held(decide.Finding{
				Effect: decide.Hold, Reason: v1alpha1.ReasonHostTaken, Actor: v1alpha1.ActorServiceOwner,
				Message: "https://shared.example.no/income is served by another service owner's App already",
				Remedy:  "Choose another spec.ingress.host or spec.ingress.path",
			}),
		},
		"does not let an older App that may not have the host keep its owner from it": {
			facts: func(f *app.Facts) { f.SameAddress = []v1alpha1.App{otherApp("so-nav", "squatter", minute(1))} },
			want:  admitted(),
		},
		"names the oldest of those who ask for an address, in whatever order they are read": {
			facts: func(f *app.Facts) {
				f.SameAddress = []v1alpha1.App{otherApp("so-skd", "second", minute(3)), otherApp("so-skd", "first", minute(2)), otherApp("so-skd", "third", minute(4))}
			},
			want: held(addressTaken("App first")),
		},
		"leaves an address to the App that serves it, though another be older": {
			facts: func(f *app.Facts) {
				f.App.Status.URL = "https://skd.apps.tt02.altinn.no/skd/income/"
				f.SameAddress = []v1alpha1.App{otherApp("so-skd", "mover", minute(1))}
			},
			want: admitted(),
		},
		"refuses an address that a younger App serves": {
			facts: func(f *app.Facts) {
				younger := otherApp("so-skd", "younger", minute(9))
				younger.Status.URL = "https://skd.apps.tt02.altinn.no/skd/income"
				f.SameAddress = []v1alpha1.App{younger}
			},
			want: held(addressTaken("App younger")),
		},
		"takes the name where two Apps are of an age": {
			facts: func(f *app.Facts) {
				f.SameAddress = []v1alpha1.App{otherApp("so-skd", "zebra", minute(5)), otherApp("so-skd", "accounts", minute(5))}
			},
			want: held(addressTaken("App accounts")),
		},

		"holds an App that reads what does not exist, and names each": {
			facts: func(f *app.Facts) {
				*f = f.WithReads("", references.Ref{Kind: "ConfigMap", Name: "features"}, references.Ref{Kind: "Secret", Name: "clients"})
			},
			want: held(missing("ConfigMap", "features"), missing("Secret", "clients")),
		},

		"limits an App that is to be routed by a kind the cluster does not know": {
			facts: func(f *app.Facts) { withoutRouteKind(f) },
			want:  decide.Verdict{Action: decide.ActionAdmit, Findings: []decide.Finding{routeKindMissing}},
		},
		"does not ask for the route kind of an App that is not published": {
			facts: func(f *app.Facts) { withoutRouteKind(f); f.App.Spec.Ingress.Enabled = ptr.To(false) },
			want:  admitted(),
		},
		"does not ask for HTTPRoute where routes are Ingresses": {
			facts: func(f *app.Facts) { f.RouteKindKnown = false },
			want:  admitted(),
		},

		"warns of each host that no address is known of": {
			facts: func(f *app.Facts) {
				f.App.Spec.Access.Outbound.Hosts = []v1alpha1.OutboundHost{
					{Host: "data.brreg.no", Ports: []v1alpha1.Port{443}},
					{Host: "maskinporten.no", Ports: []v1alpha1.Port{443}},
					{CIDR: "139.105.36.164/32", Ports: []v1alpha1.Port{443}},
					{Host: "*.example.no", Ports: []v1alpha1.Port{443}},
				}
			},
			want: decide.Verdict{Action: decide.ActionAdmit, Findings: []decide.Finding{closedHost("data.brreg.no"), wildcard("*.example.no")}},
		},

		"lists all that is wrong in the order of the rules, and acts on the worst": {
			facts: func(f *app.Facts) {
				withoutRouteKind(f)
				f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
				f.Owner.Spec.Suspend = &v1alpha1.Suspend{Reason: "Terms of use §1.6.5"}
				f.Owner.DeletionTimestamp = ptr.To(minute(1))
				f.Agreements = nil
				*f = f.WithReads("", references.Ref{Kind: "Secret", Name: "clients"})
				f.App.Spec.Access.Outbound.Hosts = []v1alpha1.OutboundHost{{Host: "data.brreg.no", Ports: []v1alpha1.Port{443}}}
				f.SameAddress = []v1alpha1.App{otherApp("so-skd", "earnings", minute(4))}
			},
			want: withdrawn(appSuspended, ownerSuspended,
				ownerGap("ServiceOwner skd is being deleted", "Apply the ServiceOwner; the App follows by itself"),
				agreementMissing, addressTaken("App earnings"), missing("Secret", "clients"), routeKindMissing, closedHost("data.brreg.no")),
		},
		"holds rather than limits": {
			facts: func(f *app.Facts) {
				withoutRouteKind(f)
				f.App.Spec.Ingress.Host = "nav.apps.tt02.altinn.no"
			},
			want: held(foreignHost("nav.apps.tt02.altinn.no"), routeKindMissing),
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			tc.facts(&facts)
			got := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
			if diff := cmp.Diff(tc.want, got, cmpopts.IgnoreFields(decide.Verdict{}, "Affirmed", "NextCheck")); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

// A decision is a value: two of the same facts are the same, and nothing of the facts is changed.
func TestDecidingChangesNothing(t *testing.T) {
	facts := usualFacts(t)
	facts = facts.WithReads("", references.Ref{Kind: "Secret", Name: "b"}, references.Ref{Kind: "ConfigMap", Name: "a"})
	facts.SameAddress = []v1alpha1.App{otherApp("so-skd", "b", minute(4)), otherApp("so-skd", "a", minute(3))}
	before, agreement := facts.App.DeepCopy(), facts.Agreements[0].DeepCopy()
	first, second := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts), (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("two verdicts on the same facts (-first +second):\n%s", diff)
	}
	if diff := cmp.Diff(before, facts.App); diff != "" {
		t.Errorf("the App was changed (-before +after):\n%s", diff)
	}
	if diff := cmp.Diff(agreement, &facts.Agreements[0]); diff != "" {
		t.Errorf("the agreement was changed (-before +after):\n%s", diff)
	}
}
