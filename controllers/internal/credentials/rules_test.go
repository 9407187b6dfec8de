// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// told is what a verdict says of CredentialsReady, one line each.
func told(verdict decide.Verdict) (lines []string) {
	for _, finding := range verdict.Findings {
		lines = append(lines, string(finding.Problem().Severity)+" "+finding.Reason+": "+finding.Message)
	}
	for _, outstanding := range verdict.Outstanding {
		lines = append(lines, string(outstanding.Status)+" "+outstanding.Reason+": "+outstanding.Message)
	}
	for _, affirmed := range verdict.Affirmed {
		lines = append(lines, "True: "+affirmed.Message)
	}
	return lines
}

func TestWhatPeopleAreToldOfCredentials(t *testing.T) {
	machine := Client{Type: v1alpha1.ClientMaskinporten, Scopes: []string{"a:b"}}
	scope := Scope{Name: "skd:inntekt"}
	provide := Plan{Action: Provide, Clients: []Client{machine}, Scopes: []Scope{scope}}
	obstacle := &v1alpha1.Obstacle{
		Condition: Condition, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonSelfServiceUnavailable, Message: "no connection", Actor: v1alpha1.ActorExternal,
	}
	for sentence, tc := range map[string]struct {
		plan   func(*Plan)
		status func(*v1alpha1.AppStatus)
		want   []string
	}{
		"all is as declared": {want: []string{"True: As declared, with keys in time: Maskinporten, skd:inntekt"}},
		"nothing where there is nothing": {
			plan: func(p *Plan) { p.Clients, p.Scopes = nil, nil }, status: func(s *v1alpha1.AppStatus) { *s = v1alpha1.AppStatus{} },
		},
		"nothing where nothing is to become of it": {plan: func(p *Plan) { p.Action = Leave }},
		"what is not begun is under way": {status: func(s *v1alpha1.AppStatus) { *s = v1alpha1.AppStatus{} }, want: []string{
			"False Progressing: Under way: the client at Maskinporten is being made what was declared",
			"False Progressing: Under way: scope skd:inntekt is being made what was declared",
		}},
		"what was declared otherwise is under way": {status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Revision, s.Scopes[0].Revision = "x", "y" }, want: []string{
			"False Progressing: Under way: the client at Maskinporten is being made what was declared",
			"False Progressing: Under way: scope skd:inntekt is being made what was declared",
		}},
		"a client without a Secret is under way": {status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Secret = "" }, want: []string{
			"False Progressing: Under way: the client at Maskinporten is being made what was declared",
		}},
		"a first key that is not known everywhere is under way": {status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Keys[0].Registered = metav1.NewTime(noon) }, want: []string{
			"False Progressing: Under way: Maskinporten makes the new client known",
		}},
		"a key that comes after another changes nothing": {status: func(s *v1alpha1.AppStatus) {
			s.Credentials[0].Keys = append(s.Credentials[0].Keys, v1alpha1.CredentialKey{KeyID: kidB, Use: v1alpha1.KeyNext, Registered: metav1.NewTime(noon)})
		}, want: []string{"True: As declared, with keys in time: Maskinporten, skd:inntekt"}},
		"keys that are to be revoked are under way": {plan: func(p *Plan) { p.Revoke = "leak" }, want: []string{
			"False Progressing: Under way: the client at Maskinporten gets a new key, and those before it are revoked",
		}},
		"keys that were revoked are as declared": {
			plan: func(p *Plan) { p.Revoke = "leak" }, status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Revoked = "leak" },
			want: []string{"True: As declared, with keys in time: Maskinporten, skd:inntekt"},
		},
		"an obstacle is told as it is, once for each": {status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Obstacle, s.Scopes[0].Obstacle = obstacle, obstacle }, want: []string{
			"Error SelfServiceUnavailable: no connection", "Error SelfServiceUnavailable: no connection",
		}},
		"a scope that nobody gave is told of": {status: func(s *v1alpha1.AppStatus) { s.Credentials[0].MissingScopes = []string{"a:b", "c:d"} }, want: []string{
			"Error ScopeNotGranted: The owner of a:b, c:d has given the service owner no access: the client is registered without",
		}},
		"a key that ends within a month is told of": {status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Keys[0].Expires = metav1.NewTime(noon.AddDate(0, 0, 29)) }, want: []string{
			"Warning KeyExpiring: The key in use at Maskinporten ends on 2026-06-02 and could not be replaced so far",
			"True: As declared, with keys in time: Maskinporten, skd:inntekt",
		}},
		"keys that are to go are under way": {plan: func(p *Plan) { p.Action = Revoke }, want: []string{
			"False Progressing: Under way: the keys of the client at Maskinporten are revoked as soon as no pod reads them",
		}},
		"keys that are gone are told of": {
			plan: func(p *Plan) { p.Action = Revoke }, status: func(s *v1alpha1.AppStatus) { s.Credentials[0].State = v1alpha1.CredentialRevoked },
			want: []string{"True: Revoked: there is no key to get a token with"},
		},
		"keys that cannot be revoked are told of": {
			plan: func(p *Plan) { p.Action = Revoke }, status: func(s *v1alpha1.AppStatus) { s.Credentials[0].Obstacle = obstacle },
			want: []string{"Error SelfServiceUnavailable: no connection"},
		},
	} {
		t.Run(sentence, func(t *testing.T) {
			plan := provide
			if tc.plan != nil {
				tc.plan(&plan)
			}
			status := v1alpha1.AppStatus{
				Credentials: []v1alpha1.Credential{{
					Client: machine.Type, ClientID: "c1", State: v1alpha1.CredentialRegistered, Secret: nameOf(kidA), Revision: revision(machine),
					Keys: []v1alpha1.CredentialKey{{
						KeyID: kidA, Use: v1alpha1.KeyInUse, Registered: metav1.NewTime(noon.Add(-time.Hour)), Expires: metav1.NewTime(noon.AddDate(1, 0, 0)),
					}},
				}},
				Scopes: []v1alpha1.ScopeRecord{{Name: scope.Name, State: v1alpha1.CredentialRegistered, Revision: revision(scope)}},
			}
			if tc.status != nil {
				tc.status(&status)
			}
			var verdict decide.Verdict
			Judge(&verdict, &status, plan, Instant{Now: noon, Propagation: behind})
			if diff := cmp.Diff(tc.want, told(verdict)); diff != "" {
				t.Errorf("what people are told (-want +got):\n%s", diff)
			}
		})
	}
}

func TestPeopleAreToldInTime(t *testing.T) {
	machine := Client{Type: v1alpha1.ClientMaskinporten}
	ends := noon.AddDate(0, 6, 0)
	status := v1alpha1.AppStatus{Credentials: []v1alpha1.Credential{{
		Client: machine.Type, State: v1alpha1.CredentialRegistered, Secret: nameOf(kidA), Revision: revision(machine),
		Keys: []v1alpha1.CredentialKey{{KeyID: kidA, Use: v1alpha1.KeyInUse, Registered: metav1.NewTime(noon), Expires: metav1.NewTime(ends)}},
	}}}
	plan := Plan{Action: Provide, Clients: []Client{machine}}
	for at, want := range map[time.Time]time.Time{
		noon: noon.Add(behind), noon.Add(behind): ends.Add(-expiring), ends: {},
	} {
		var verdict decide.Verdict
		if Judge(&verdict, &status, plan, Instant{Now: at, Propagation: behind}); !verdict.NextCheck.Equal(want) {
			t.Errorf("at %s, it is looked at again at %s, want %s", at, verdict.NextCheck, want)
		}
	}
}
