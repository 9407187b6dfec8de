// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"fmt"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Condition is the one that stands for all of an App's credentials.
const Condition = v1alpha1.ConditionCredentialsReady

// Judge says what is on record about an App's credentials means for CredentialsReady, when a plan is what
// is to be there. Nothing is said where there are none and none are wanted.
func Judge(verdict *decide.Verdict, status *v1alpha1.AppStatus, plan Plan, at Instant) {
	switch plan.Action {
	case Provide:
		provided(verdict, status, plan, at)
	case Revoke:
		revoked(verdict, status)
	}
}

// Instant is when something is judged, and how long a change may take to be known everywhere.
type Instant struct {
	Now         time.Time
	Propagation time.Duration
}

func provided(verdict *decide.Verdict, status *v1alpha1.AppStatus, plan Plan, at Instant) {
	if len(plan.Clients)+len(plan.Scopes) == 0 {
		return
	}
	found, awaited := len(verdict.Findings), len(verdict.Outstanding)
	var well []string
	for _, want := range plan.Clients {
		record := Find(status.Credentials, want.Type)
		judgeClient(verdict, record, want, at)
		if record != nil && record.Obstacle == nil && plan.Revoke != "" && record.Revoked != plan.Revoke {
			await(verdict, fmt.Sprintf("Under way: the client at %s gets a new key, and those before it are revoked", want.Type))
		}
		well = append(well, string(want.Type))
	}
	for _, want := range plan.Scopes {
		judgeScope(verdict, findScope(status.Scopes, want.Name), want)
		well = append(well, want.Name)
	}
	wrong := func(finding decide.Finding) bool { return finding.Effect != decide.Warn }
	if len(verdict.Outstanding) == awaited && !slices.ContainsFunc(verdict.Findings[found:], wrong) {
		verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{
			Part: Condition, Message: "As declared, with keys in time: " + strings.Join(well, ", "),
		})
	}
}

func judgeClient(verdict *decide.Verdict, record *v1alpha1.Credential, want Client, at Instant) {
	if record != nil && record.Obstacle != nil {
		verdict.Findings = append(verdict.Findings, obstructed(record.Obstacle))
	} else if record == nil || record.State != v1alpha1.CredentialRegistered || record.Secret == "" || record.Revision != revision(want) {
		await(verdict, fmt.Sprintf("Under way: the client at %s is being made what was declared", want.Type))
	}
	if record == nil {
		return
	}
	if missing := record.MissingScopes; len(missing) > 0 {
		verdict.Findings = append(verdict.Findings, decide.Finding{
			Effect: decide.Limit, Part: Condition, Reason: v1alpha1.ReasonScopeNotGranted,
			Message: fmt.Sprintf("The owner of %s has given the service owner no access: the client is registered without", strings.Join(missing, ", ")),
			Actor:   v1alpha1.ActorExternal,
			Remedy:  "Ask the scope's owner for access, or take the scope out of spec.integrations; it is asked again every ten minutes",
		})
	}
	judgeKey(verdict, record, want, at)
}

// judgeKey looks at the key in use: whether it is known everywhere yet, and whether it ends soon.
func judgeKey(verdict *decide.Verdict, record *v1alpha1.Credential, want Client, at Instant) {
	i := slices.IndexFunc(record.Keys, func(key v1alpha1.CredentialKey) bool { return key.Use == v1alpha1.KeyInUse })
	if i < 0 {
		return
	}
	key := record.Keys[i]
	if known := key.Registered.Add(at.Propagation); at.Now.Before(known) {
		await(verdict, fmt.Sprintf("Under way: %s makes the new client known", want.Type))
		verdict.WakeAt(known)
	}
	alarm := key.Expires.Add(-expiring)
	if at.Now.Before(alarm) {
		verdict.WakeAt(alarm)
		return
	}
	verdict.Findings = append(verdict.Findings, decide.Finding{
		Effect: decide.Warn, Part: Condition, Reason: v1alpha1.ReasonKeyExpiring,
		Message: fmt.Sprintf("The key in use at %s ends on %s and could not be replaced so far", want.Type, key.Expires.UTC().Format(time.DateOnly)),
		Actor:   v1alpha1.ActorPlatform, Remedy: "Look at why Digdir's self-service cannot be used: problems, events and metrics of the operator tell",
	})
}

func judgeScope(verdict *decide.Verdict, record *v1alpha1.ScopeRecord, want Scope) {
	switch {
	case record != nil && record.Obstacle != nil:
		verdict.Findings = append(verdict.Findings, obstructed(record.Obstacle))
	case record == nil || record.State != v1alpha1.CredentialRegistered || record.Revision != revision(want):
		await(verdict, fmt.Sprintf("Under way: scope %s is being made what was declared", want.Name))
	}
}

func revoked(verdict *decide.Verdict, status *v1alpha1.AppStatus) {
	if len(status.Credentials) == 0 {
		return
	}
	before := len(verdict.Findings) + len(verdict.Outstanding)
	for i := range status.Credentials {
		record := &status.Credentials[i]
		switch {
		case record.Obstacle != nil:
			verdict.Findings = append(verdict.Findings, obstructed(record.Obstacle))
		case record.State != v1alpha1.CredentialRevoked:
			await(verdict, fmt.Sprintf("Under way: the keys of the client at %s are revoked as soon as no pod reads them", record.Client))
		}
	}
	if len(verdict.Findings)+len(verdict.Outstanding) == before {
		verdict.Affirmed = append(verdict.Affirmed, decide.Affirmation{Part: Condition, Message: "Revoked: there is no key to get a token with"})
	}
}

func await(verdict *decide.Verdict, message string) {
	verdict.Outstanding = append(verdict.Outstanding, decide.Outstanding{
		Part: Condition, Status: metav1.ConditionFalse, Reason: v1alpha1.ReasonProgressing, Message: message,
	})
}

func obstructed(obstacle *v1alpha1.Obstacle) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: Condition, Reason: obstacle.Reason, Status: obstacle.Status,
		Message: obstacle.Message, Actor: obstacle.Actor, Remedy: obstacle.Remedy,
	}
}

// Find is what is on record of a client; nil when nothing is.
func Find(records []v1alpha1.Credential, client v1alpha1.ClientType) *v1alpha1.Credential {
	for i := range records {
		if records[i].Client == client {
			return &records[i]
		}
	}
	return nil
}

func findScope(records []v1alpha1.ScopeRecord, name string) *v1alpha1.ScopeRecord {
	for i := range records {
		if records[i].Name == name {
			return &records[i]
		}
	}
	return nil
}
