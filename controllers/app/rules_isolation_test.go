// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/app"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/enforcement"
	"github.com/altinn/serviceowner-operator/controllers/internal/references"
)

const (
	notProbed = "NetworkPolicies open only what is declared, in both directions; whether the network enforces them is not probed"
	onceMade  = " (once made)"
	notTold   = "NetworkNotProvenUnknown: Not known while it cannot be told what the App's data is kept in, and so what its pods may call"
)

// defaultDeny is the policy of the baseline that closes a service owner's namespace in both directions.
func defaultDeny(namespace string) *networkingv1.NetworkPolicy {
	return &networkingv1.NetworkPolicy{
		ObjectMeta: metav1.ObjectMeta{Name: "default-deny", Namespace: namespace, Labels: map[string]string{v1alpha1.LabelManagedBy: v1alpha1.ManagedBy}},
		Spec:       networkingv1.NetworkPolicySpec{PolicyTypes: []networkingv1.PolicyType{networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress}},
	}
}

// strange is a policy that somebody else made for pods with some labels, given as keys and values in turn.
func strange(name string, pods ...string) networkingv1.NetworkPolicy {
	policy := networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "so-skd"}}
	for pair := range slices.Chunk(pods, 2) {
		policy.Spec.PodSelector = *metav1.AddLabelToSelector(&policy.Spec.PodSelector, pair[0], pair[1])
	}
	return policy
}

// lettingIn lets in what rules say; without any, all.
func lettingIn(policy networkingv1.NetworkPolicy, rules ...networkingv1.NetworkPolicyIngressRule) networkingv1.NetworkPolicy {
	rule(&policy, networkingv1.PolicyTypeIngress)
	policy.Spec.Ingress = rules
	if len(rules) == 0 {
		policy.Spec.Ingress = []networkingv1.NetworkPolicyIngressRule{{}}
	}
	return policy
}

// lettingOut lets out to ranges of addresses; without any, everywhere.
func lettingOut(policy networkingv1.NetworkPolicy, ranges ...string) networkingv1.NetworkPolicy {
	rule(&policy, networkingv1.PolicyTypeEgress)
	var open networkingv1.NetworkPolicyEgressRule
	for _, each := range ranges {
		open.To = append(open.To, networkingv1.NetworkPolicyPeer{IPBlock: &networkingv1.IPBlock{CIDR: each}})
	}
	policy.Spec.Egress = append(policy.Spec.Egress, open)
	return policy
}

// rule makes a policy rule a direction.
func rule(policy *networkingv1.NetworkPolicy, direction networkingv1.PolicyType) {
	if !slices.Contains(policy.Spec.PolicyTypes, direction) {
		policy.Spec.PolicyTypes = append(policy.Spec.PolicyTypes, direction)
	}
}

// fromGateway is what lets the gateway in, on some port.
func fromGateway(port intstr.IntOrString) networkingv1.NetworkPolicyIngressRule {
	return networkingv1.NetworkPolicyIngressRule{
		From:  []networkingv1.NetworkPolicyPeer{{NamespaceSelector: &metav1.LabelSelector{MatchLabels: map[string]string{"kubernetes.io/metadata.name": "traefik"}}}},
		Ports: []networkingv1.NetworkPolicyPort{{Port: &port}},
	}
}

// own is the App's policy as it is made for an action.
func own(t testing.TB, facts app.Facts, action decide.Action) networkingv1.NetworkPolicy {
	t.Helper()
	children, err := (&app.Kind{Operator: facts.Operator}).Render(facts.App, facts, action)
	if err != nil {
		t.Fatal(err)
	}
	for _, child := range children {
		if policy, is := child.Object.(*networkingv1.NetworkPolicy); is {
			policy.OwnerReferences = []metav1.OwnerReference{{
				APIVersion: v1alpha1.GroupVersion.String(), Kind: "App", Name: facts.App.Name, UID: facts.App.UID, Controller: ptr.To(true),
			}}
			return *policy
		}
	}
	t.Fatal("the App has no NetworkPolicy")
	return networkingv1.NetworkPolicy{}
}

// saysOfIsolation is what a verdict says of NetworkIsolated, one line for each finding, for what is awaited and for
// what is well.
func saysOfIsolation(verdict decide.Verdict) (lines []string) {
	for _, finding := range verdict.Findings {
		if finding.Part == v1alpha1.ConditionNetworkIsolated {
			lines = append(lines, finding.Reason+string(finding.Status)+": "+finding.Message)
		}
	}
	for _, awaited := range verdict.Outstanding {
		if awaited.Part == v1alpha1.ConditionNetworkIsolated {
			lines = append(lines, awaited.Reason+string(awaited.Status)+": "+awaited.Message)
		}
	}
	for _, affirmed := range verdict.Affirmed {
		if affirmed.Part == v1alpha1.ConditionNetworkIsolated && affirmed.OnceMade {
			lines = append(lines, affirmed.Message+onceMade)
		} else if affirmed.Part == v1alpha1.ConditionNetworkIsolated {
			lines = append(lines, affirmed.Message)
		}
	}
	return lines
}

// isolationCase is what stands around the App and what is said of it.
type isolationCase struct {
	// stands are policies beside the default deny.
	stands func(testing.TB, app.Facts) []networkingv1.NetworkPolicy
	change func(*app.Facts)
	// action is ActionAdmit when left out.
	action decide.Action
	want   []string
}

func (c isolationCase) try(t *testing.T) {
	facts := usualFacts(t)
	if c.change != nil {
		c.change(&facts)
	}
	if c.stands != nil {
		facts.Policies = append(facts.Policies, c.stands(t, facts)...)
	}
	verdict := (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts)
	if diff := cmp.Diff(c.want, saysOfIsolation(verdict)); diff != "" || verdict.Action != max(c.action, decide.ActionAdmit) {
		t.Errorf("action %v, said (-want +got):\n%s", verdict.Action, diff)
	}
}

// these are policies whatever the facts are.
func these(policies ...networkingv1.NetworkPolicy) func(testing.TB, app.Facts) []networkingv1.NetworkPolicy {
	return func(testing.TB, app.Facts) []networkingv1.NetworkPolicy { return policies }
}

func TestWhatIsSaidOfPoliciesThatOpenMore(t *testing.T) {
	const more = "NetworkPolicyOpensMore: NetworkPolicy "
	everythingIn := []string{more + "extra lets in everything from everywhere, which nothing declares"}
	for name, tc := range map[string]isolationCase{
		"all that is let in, by a policy for the App": {
			stands: these(lettingIn(strange("extra", v1alpha1.LabelName, "income"))), want: everythingIn,
		},
		"all that is let in, by a policy for all pods": {stands: these(lettingIn(strange("extra"))), want: everythingIn},
		"all that is let in, by one for pods of a ReplicaSet, which can be the App's": {
			stands: these(lettingIn(strange("extra", "pod-template-hash", "5f7d8c"))), want: everythingIn,
		},
		"all that is let in, by one for pods in a zone, which the App's can be in": {
			stands: these(lettingIn(strange("extra", v1alpha1.LabelName, "income", "topology.kubernetes.io/zone", "norwayeast-1"))), want: everythingIn,
		},
		"all that is let out, though nobody is let in there": {
			stands: these(lettingOut(strange("extra"))), want: []string{more + "extra lets out everything to everywhere, which nothing declares"},
		},
		"both at once": {
			stands: these(lettingOut(lettingIn(strange("extra")), "10.1.0.0/16")),
			want:   []string{more + "extra lets in everything from everywhere and lets out everything to 10.1.0.0/16, which nothing declares"},
		},
		"each policy by itself, sorted": {
			stands: these(lettingIn(strange("b")), lettingOut(strange("a"))),
			want: []string{
				more + "a lets out everything to everywhere, which nothing declares", more + "b lets in everything from everywhere, which nothing declares",
			},
		},
		"the gateway, on another port than the App's": {
			stands: these(lettingIn(strange("extra"), fromGateway(intstr.FromInt32(8080)))),
			want:   []string{more + "extra lets in TCP 8080 from all pods of namespace traefik, which nothing declares"},
		},
		"no more than three of what a policy opens": {
			stands: these(lettingOut(strange("extra"), "10.1.0.0/16", "10.2.0.0/16", "10.3.0.0/16", "10.4.0.0/16", "10.5.0.0/16")),
			want: []string{more + "extra lets out everything to 10.1.0.0/16, everything to 10.2.0.0/16, everything to 10.3.0.0/16, and 2 more, " +
				"which nothing declares"},
		},
		"one of the App's own name that is somebody else's": {
			stands: these(lettingIn(strange("income"))), want: []string{more + "income lets in everything from everywhere, which nothing declares"},
		},
		"what is open beside what is declared, of an App that is out of service: then nothing is": {
			change: func(f *app.Facts) { f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"} }, action: decide.ActionWithdraw,
			stands: these(lettingIn(strange("extra"), fromGateway(intstr.FromInt32(5005)))),
			want:   []string{more + "extra lets in TCP 5005 from all pods of namespace traefik, which nothing declares"},
		},
		"what is declared and not admitted, of an App that is held": {
			change: func(f *app.Facts) {
				admitted := f.App.DeepCopy()
				*f = f.WithAdmitted(admitted.Spec, 1, "skd-2026")
				f.App.Spec.Access.Outbound.Hosts = []v1alpha1.OutboundHost{{CIDR: "10.1.0.0/16", Ports: []v1alpha1.Port{443}}}
				f.App.Spec.Processing.DataCategories = []v1alpha1.DataCategory{"Health"}
			}, action: decide.ActionKeep,
			stands: func(t testing.TB, f app.Facts) []networkingv1.NetworkPolicy {
				extra := lettingOut(strange("extra"), "10.1.0.0/16")
				extra.Spec.Egress[0].Ports = []networkingv1.NetworkPolicyPort{{Port: ptr.To(intstr.FromInt32(443))}}
				return []networkingv1.NetworkPolicy{extra, own(t, f, decide.ActionKeep)}
			},
			want: []string{more + "extra lets out TCP 443 to 10.1.0.0/16, which nothing declares"},
		},
		"the App's own as it stands, where nobody puts it right": {
			change: func(f *app.Facts) { *f = withoutItsSecret(*f) }, action: decide.ActionHold,
			stands: func(t testing.TB, f app.Facts) []networkingv1.NetworkPolicy {
				return []networkingv1.NetworkPolicy{lettingIn(own(t, f, decide.ActionKeep))}
			},
			want: []string{more + "income lets in everything from everywhere, which nothing declares"},
		},
	} {
		t.Run(name, tc.try)
	}
}

// withoutItsSecret is an App that was admitted, and cannot be kept as it was since what it reads is gone.
func withoutItsSecret(facts app.Facts) app.Facts {
	return facts.WithAdmitted(facts.App.Spec, 1, "skd-2026").WithReads("", references.Ref{Kind: "Secret", Name: "source"})
}

func TestWhatIsWellIsolated(t *testing.T) {
	for name, tc := range map[string]isolationCase{
		"a new App, once its policy is made": {want: []string{notProbed + onceMade}},
		"an App whose policy stands": {
			stands: func(t testing.TB, f app.Facts) []networkingv1.NetworkPolicy {
				return []networkingv1.NetworkPolicy{own(t, f, decide.ActionAdmit)}
			},
			want: []string{notProbed},
		},
		"an App whose policy somebody opened, once it is put right": {
			stands: func(t testing.TB, f app.Facts) []networkingv1.NetworkPolicy {
				return []networkingv1.NetworkPolicy{lettingIn(own(t, f, decide.ActionAdmit))}
			},
			want: []string{notProbed + onceMade},
		},
		"an App beside which more is open": {
			stands: these(lettingIn(strange("other", v1alpha1.LabelName, "other")), lettingOut(strange("job", "job-name", "import"))),
			want:   []string{notProbed + onceMade},
		},
		"an App that the gateway is let in to twice": {
			stands: these(lettingIn(strange("extra"), fromGateway(intstr.FromInt32(5005)), fromGateway(intstr.FromString("http")))),
			want:   []string{notProbed + onceMade},
		},
		"an App whose owner's baseline opens something": {
			change: func(f *app.Facts) {
				dns := lettingOut(strange("allow-dns"), "10.0.0.10/32")
				f.Baseline, f.Policies = append(f.Baseline, &dns), append(f.Policies, dns)
			},
			want: []string{notProbed + onceMade},
		},
		"an App of whose owner's baseline a part is missing": {
			change: func(f *app.Facts) {
				dns := lettingOut(strange("allow-dns"), "10.0.0.10/32")
				f.Baseline, f.Policies = append(f.Baseline, &dns), nil
			},
			want: []string{notProbed + onceMade},
		},
		"an App that is out of service": {
			change: func(f *app.Facts) { f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"} }, action: decide.ActionWithdraw,
			stands: func(t testing.TB, f app.Facts) []networkingv1.NetworkPolicy {
				return []networkingv1.NetworkPolicy{own(t, f, decide.ActionWithdraw)}
			},
			want: []string{notProbed},
		},
		"an App that is held, by what was admitted and stands": {
			change: func(f *app.Facts) { *f = withoutItsSecret(*f) }, action: decide.ActionHold,
			stands: func(t testing.TB, f app.Facts) []networkingv1.NetworkPolicy {
				return []networkingv1.NetworkPolicy{own(t, f, decide.ActionKeep)}
			},
			want: []string{notProbed},
		},
		"not an App of which nothing was ever made": {
			change: func(f *app.Facts) {
				f.App.Status.Children = nil
				*f = f.WithReads("", references.Ref{Kind: "Secret", Name: "source"})
			},
			action: decide.ActionHold,
		},
		"not an App that is held where nothing closes": {
			change: func(f *app.Facts) { *f = withoutItsSecret(*f); f.Policies = nil }, action: decide.ActionHold,
			want: []string{"NetworkOpen: No NetworkPolicy closes what comes in to its pods", "NetworkOpen: No NetworkPolicy closes what goes out from its pods"},
		},
		"an App that is held and of which nothing is on record": {
			change: func(f *app.Facts) { *f = f.WithReads("", references.Ref{Kind: "Secret", Name: "source"}) },
			action: decide.ActionHold, want: []string{notProbed},
		},
		"nobody knows of an App that is held, where it cannot be told what it keeps its data in": {
			change: func(f *app.Facts) {
				f.Storage, f.App.Spec.Storage = shelved(), inContainers("letters")
				*f = withoutItsSecret(*f)
				f.Owner = nil
			}, action: decide.ActionHold, want: []string{notTold},
		},
		"nobody knows of an App that cannot be made, since nobody can keep its data": {
			change: func(f *app.Facts) { f.Storage, f.App.Spec.Storage = shelved(), inContainers("refused") }, want: []string{notTold},
		},
		"an App that is out of service, whatever it keeps its data in: it calls nobody": {
			change: func(f *app.Facts) {
				f.Storage, f.App.Spec.Storage, f.Owner = shelved(), inContainers("letters"), nil
				f.App.Spec.Suspend = &v1alpha1.Suspend{Reason: "Under investigation"}
			}, action: decide.ActionWithdraw, want: []string{notProbed + onceMade},
		},
		"nobody knows of an App that is held, where what may close cannot be read": {
			change: func(f *app.Facts) {
				*f = withoutItsSecret(*f)
				f.Policies = []networkingv1.NetworkPolicy{lettingOut(strange("odd"), "::ffff:10.0.0.0/104")}
			}, action: decide.ActionHold,
			want: []string{`NetworkNotProvenUnknown: NetworkPolicy so-skd/odd cannot be read: egress[0]: peer 0: cidr: "::ffff:10.0.0.0/104" is no range of ` +
				"addresses, as 10.0.0.0/8 or 2001:db8::/32"},
		},
		"nobody knows of an App that a policy selects which cannot be read": {
			stands: these(lettingOut(strange("odd"), "::ffff:10.0.0.0/104")),
			want: []string{`NetworkNotProvenUnknown: NetworkPolicy so-skd/odd cannot be read: egress[0]: peer 0: cidr: "::ffff:10.0.0.0/104" is no range of ` +
				"addresses, as 10.0.0.0/8 or 2001:db8::/32"},
		},
		"an App that a policy which cannot be read does not select": {
			stands: these(lettingOut(strange("odd", "job-name", "import"), "::ffff:10.0.0.0/104")), want: []string{notProbed + onceMade},
		},
	} {
		t.Run(name, tc.try)
	}
}

func TestWhatNobodyEvaluatesIsNotProven(t *testing.T) {
	const may = " may open more than is declared: nobody evaluates what the operator did not make"
	for name, tc := range map[string]isolationCase{
		"a policy of Cilium's own that the operator did not make": {
			change: func(f *app.Facts) { f.OthersNames = []string{"open"} }, want: []string{"NetworkNotProvenUnknown: CiliumNetworkPolicy open" + may},
		},
		"several, of which three are named": {
			change: func(f *app.Facts) { f.OthersNames = []string{"a", "b", "c", "d"} },
			want:   []string{"NetworkNotProvenUnknown: CiliumNetworkPolicy a, b, c, and 1 more" + may},
		},
		"beside one that is known to open more": {
			stands: these(lettingIn(strange("extra"))), change: func(f *app.Facts) { f.OthersNames = []string{"open"} },
			want: []string{
				"NetworkPolicyOpensMore: NetworkPolicy extra lets in everything from everywhere, which nothing declares", "NetworkNotProvenUnknown: CiliumNetworkPolicy open" + may,
			},
		},
	} {
		t.Run(name, tc.try)
	}
}

func TestWhatIsSaidOfEnforcement(t *testing.T) {
	probed := func(state enforcement.State) func(*app.Facts) {
		return func(f *app.Facts) {
			f.Operator.Isolation.Probe = &configuration.Probe{Namespace: "probe"}
			f.Enforcement = state
		}
	}
	for name, tc := range map[string]isolationCase{
		"that it is shown": {
			change: probed(enforcement.Enforced), want: []string{"NetworkPolicies open only what is declared, in both directions; a probe shows that the network enforces them" + onceMade},
		},
		"that nothing is shown": {
			change: probed(enforcement.Unknown),
			want:   []string{"NetworkPolicies open only what is declared, in both directions; whether the network enforces them is not known: the probe shows nothing" + onceMade},
		},
		"that the opposite is shown": {
			change: probed(enforcement.NotEnforced),
			want:   []string{"NotEnforced: The network does not enforce NetworkPolicies: the probe in namespace probe got through to what none opens"},
		},
	} {
		t.Run(name, tc.try)
	}
}

func TestWhoActsOnAPolicyThatOpensMore(t *testing.T) {
	opened := defaultDeny("so-skd")
	*opened = lettingIn(*opened)
	for name, tc := range map[string]struct {
		policy func(testing.TB, app.Facts) networkingv1.NetworkPolicy
		held   bool
		remedy string
	}{
		"the platform deletes a stranger's": {
			policy: func(testing.TB, app.Facts) networkingv1.NetworkPolicy { return lettingIn(strange("extra")) },
			remedy: "Delete NetworkPolicy extra of so-skd, or let spec.access declare what it opens",
		},
		"the baseline's puts right who made it": {
			policy: func(testing.TB, app.Facts) networkingv1.NetworkPolicy { return *opened },
			remedy: "It is put right by itself, if it is the service owner's; if it is not, look at kubectl describe serviceowner skd",
		},
		"the App's own is put right when it is no longer held": {
			policy: func(t testing.TB, f app.Facts) networkingv1.NetworkPolicy {
				return lettingIn(own(t, f, decide.ActionKeep))
			},
			held: true, remedy: "It is put right when the App is no longer held; until then, delete what it opens too much",
		},
	} {
		t.Run(name, func(t *testing.T) {
			facts := usualFacts(t)
			if tc.held {
				facts = withoutItsSecret(facts)
			}
			facts.Policies = []networkingv1.NetworkPolicy{tc.policy(t, facts)}
			if tc.held {
				facts.Policies = append(facts.Policies, *defaultDeny("so-skd"))
			}
			var got []decide.Finding
			for _, finding := range (&app.Kind{Operator: facts.Operator}).Decide(facts.App, facts).Findings {
				if finding.Part == v1alpha1.ConditionNetworkIsolated {
					got = append(got, finding)
				}
			}
			want := []decide.Finding{{
				Effect: decide.Limit, Part: v1alpha1.ConditionNetworkIsolated, Reason: v1alpha1.ReasonPolicyOpensMore, Actor: v1alpha1.ActorPlatform,
				Message: "NetworkPolicy " + facts.Policies[0].Name + " lets in everything from everywhere, which nothing declares", Remedy: tc.remedy,
			}}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
		})
	}
}

func TestConditionsStandInTheOrderOfTheirCauses(t *testing.T) {
	var got []string
	for _, part := range app.Parts(shelved()) {
		got = append(got, part.Condition)
	}
	want := []string{
		"AgreementInForce", "RegionCompliant", "AuthorizationRegistered", "CredentialsReady", "StorageReady", "NetworkIsolated", "Available",
	}
	if !slices.Equal(want, got) {
		t.Errorf("conditions %v", got)
	}
}
