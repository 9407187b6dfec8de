// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

func TestAKeyThatEndsSoonIsWarnedOfAndTakesNothingFromWhatStands(t *testing.T) {
	want := Client{Type: v1alpha1.ClientMaskinporten, Name: "income"}
	for name, c := range map[string]struct {
		left     time.Duration
		warnings int
	}{
		"a key with a year to go":     {365 * 24 * time.Hour, 0},
		"a key in its last four days": {4 * 24 * time.Hour, 1},
	} {
		t.Run(name, func(t *testing.T) {
			status := &v1alpha1.AppStatus{Credentials: []v1alpha1.Credential{{
				Client: want.Type, ClientID: "c1", State: v1alpha1.CredentialRegistered, Secret: nameOf(kidA), Revision: revision(want),
				Keys: []v1alpha1.CredentialKey{{
					KeyID: kidA, Use: v1alpha1.KeyInUse,
					Registered: metav1.NewTime(noon.Add(c.left - 365*24*time.Hour)), Expires: metav1.NewTime(noon.Add(c.left)),
				}},
			}}}
			var verdict decide.Verdict
			Judge(&verdict, status, Plan{Action: Provide, Clients: []Client{want}}, Instant{Now: noon})
			if len(verdict.Affirmed) != 1 || verdict.Affirmed[0].Part != Condition {
				t.Errorf("affirmed %v, want %s once: nothing of what was declared is missing", verdict.Affirmed, Condition)
			}
			if len(verdict.Findings) != c.warnings {
				t.Errorf("found %v, want %d of it", verdict.Findings, c.warnings)
			}
		})
	}
}
