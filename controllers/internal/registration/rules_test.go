// SPDX-License-Identifier: BSD-3-Clause

package registration_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
	"github.com/altinn/serviceowner-operator/controllers/internal/registration"
)

// The parts of these tests: one per step.
const (
	resource   = "Resource"
	policy     = "Policy"
	requesters = "Requesters"
)

var parts = []registration.Part{
	{Condition: resource, Stands: "It is there", Withdrawn: "It is withdrawn"},
	{Condition: policy, Stands: "Some may", Withdrawn: "Nobody may"},
	{Condition: requesters, Stands: "Some may ask", Withdrawn: "Nobody may ask"},
}

// Plans of the same resource.
var (
	register = registration.Plan{Action: registration.Register, Entry: income()}
	withdraw = registration.Plan{Action: registration.Withdraw, Entry: registration.Entry{Identifier: "skd-income"}}
	leave    = registration.Plan{Action: registration.Leave, Entry: registration.Entry{Identifier: "skd-income"}}
)

// on is what is on record, as it was left by a plan.
func on(state v1alpha1.RegistrationState, by registration.Plan, changes ...func(*v1alpha1.Registration)) *v1alpha1.Registration {
	record := &v1alpha1.Registration{Identifier: "skd-income", State: state, Revision: by.Revision()}
	for _, change := range changes {
		change(record)
	}
	return record
}

// behind is an obstacle, and what stands all the same.
func behind(condition string, status metav1.ConditionStatus, stands ...string) func(*v1alpha1.Registration) {
	return func(record *v1alpha1.Registration) {
		record.Obstacle = &v1alpha1.Obstacle{
			Condition: condition, Status: status, Reason: "RegistryRefused", Message: "It is refused",
			Actor: v1alpha1.ActorPlatform, Remedy: "Ask", Stands: stands,
		}
	}
}

// What may be said of a part.
func affirmed(messages ...string) (said decide.Verdict) {
	for n, message := range messages {
		said.Affirmed = append(said.Affirmed, decide.Affirmation{Part: parts[n].Condition, Message: message})
	}
	return said
}

func found(said decide.Verdict, part string, status metav1.ConditionStatus) decide.Verdict {
	said.Findings = append(said.Findings, decide.Finding{
		Effect: decide.Limit, Part: part, Status: status, Reason: "RegistryRefused", Message: "It is refused", Actor: v1alpha1.ActorPlatform, Remedy: "Ask",
	})
	return said
}

func waits(said decide.Verdict, status metav1.ConditionStatus, on string, waiting ...string) decide.Verdict {
	for _, part := range waiting {
		said.Outstanding = append(said.Outstanding, decide.Outstanding{Part: part, Status: status, Reason: "RegistryRefused", Message: "Waits for " + on})
	}
	return said
}

func underWay() (said decide.Verdict) {
	for _, part := range parts {
		said.Outstanding = append(said.Outstanding, decide.Outstanding{
			Part: part.Condition, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing, Message: "Under way: Altinn's Resource Registry is being told",
		})
	}
	return said
}

func TestJudge(t *testing.T) {
	stands, gone := affirmed("It is there", "Some may", "Some may ask"), affirmed("It is withdrawn", "Nobody may", "Nobody may ask")
	inTheWay := waits(found(decide.Verdict{}, resource, "False"), "False", resource, policy, requesters)
	for name, tc := range map[string]struct {
		record *v1alpha1.Registration
		plan   registration.Plan
		want   decide.Verdict
	}{
		"nothing is on record, and it is to be there":             {plan: register, want: underWay()},
		"nothing is on record, and it need not be there":          {plan: leave},
		"nothing is on record, and it is not to be there":         {plan: withdraw},
		"nothing is there, and it is to be":                       {record: on("Absent", registration.Plan{}), plan: register, want: underWay()},
		"nothing is there, and it is not to be":                   {record: on("Absent", registration.Plan{}), plan: withdraw},
		"it may be there, and is to be":                           {record: on("Pending", registration.Plan{}), plan: register, want: underWay()},
		"it may be there, and is not to be":                       {record: on("Pending", registration.Plan{}), plan: withdraw, want: underWay()},
		"it may be there, and is left: how it stands is not said": {record: on("Pending", registration.Plan{}), plan: leave},
		"it stands":                           {record: on("Registered", register), plan: register, want: stands},
		"it stands as it was declared before": {record: on("Registered", withdraw), plan: register, want: underWay()},
		"it stands, and is left as it is":     {record: on("Registered", withdraw), plan: leave, want: stands},
		"it stands, and is not to":            {record: on("Registered", register), plan: withdraw, want: underWay()},
		"it is withdrawn":                     {record: on("Withdrawn", withdraw), plan: withdraw, want: gone},
		"it is withdrawn, and left so":        {record: on("Withdrawn", withdraw), plan: leave, want: gone},
		"it is withdrawn, and is to be there": {record: on("Withdrawn", withdraw), plan: register, want: underWay()},

		"the resource is refused": {
			record: on("Absent", registration.Plan{}, behind(resource, "False")), plan: register, want: inTheWay,
		},
		"the policy is refused": {
			record: on("Registered", register, behind(policy, "False", resource)), plan: register,
			want: waits(found(affirmed("It is there"), policy, "False"), "False", policy, requesters),
		},
		"the requesters are refused": {
			record: on("Pending", register, behind(requesters, "False", resource, policy)), plan: register,
			want: found(affirmed("It is there", "Some may"), requesters, "False"),
		},
		"the policy is refused, and nothing is known to stand": {
			record: on("Registered", register, behind(policy, "False")), plan: register,
			want: waits(found(decide.Verdict{}, policy, "False"), "False", policy, resource, requesters),
		},
		"nobody answers": {
			record: on("Registered", register, behind(resource, "Unknown")), plan: register,
			want: waits(found(decide.Verdict{}, resource, "Unknown"), "Unknown", resource, policy, requesters),
		},
		"something is in the way of withdrawing it": {
			record: on("Registered", register, behind(resource, "False")), plan: withdraw, want: inTheWay,
		},
		"something was in the way when it was left": {
			record: on("Registered", register, behind(resource, "False")), plan: leave, want: inTheWay,
		},
		"something is in the way of what is not there and need not be": {
			record: on("Absent", registration.Plan{}, behind(resource, "False")), plan: leave,
		},
		"something was in the way of what is not to be there any more": {
			record: on("Absent", registration.Plan{}, behind(resource, "False")), plan: withdraw,
		},
	} {
		t.Run(name, func(t *testing.T) {
			var got decide.Verdict
			registration.Judge(&got, tc.record, tc.plan, parts)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("verdict (-want +got):\n%s", diff)
			}
		})
	}
}

func TestJudgeAddsToAVerdict(t *testing.T) {
	before := decide.Affirmation{Part: "AgreementInForce", Message: "It is in force"}
	verdict := decide.Verdict{Action: decide.ActionAdmit, Affirmed: []decide.Affirmation{before}}
	registration.Judge(&verdict, on("Registered", register), register, parts[:1])
	want := decide.Verdict{Action: decide.ActionAdmit, Affirmed: []decide.Affirmation{before, {Part: resource, Message: "It is there"}}}
	if diff := cmp.Diff(want, verdict); diff != "" {
		t.Errorf("verdict (-want +got):\n%s", diff)
	}
}

// income is a resource with a policy and a list.
func income() registration.Entry {
	return registration.Entry{
		Identifier: "skd-income", Owner: registry.Owner{Number: "974761076", Code: "skd"},
		Resource: registry.ServiceResource{
			Identifier: "skd-income", ResourceType: registry.TypeConsent, Title: registry.Texts{"nb": "Inntekt", "en": "Income"},
		},
		Rules: []any{false, v1alpha1.Givers{Roles: []v1alpha1.RoleCode{"PRIV"}}},
		List:  registration.List{Identifier: "skd-income", Name: "May ask", Description: "Kept", Members: []string{"971527412", "986252932"}},
	}
}
