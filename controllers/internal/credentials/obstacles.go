// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"errors"
	"fmt"
	"slices"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/selfservice"
)

// slowly is for what only a person can help, who may do so where no event tells of it.
const slowly = 5 * time.Minute

// refusal is something we refuse ourselves, until somebody has acted.
type refusal v1alpha1.Obstacle

// Error implements error.
func (r *refusal) Error() string { return r.Message }

// refused says whether trying again cannot help until somebody has acted.
func refused(err error) bool {
	_, own := errors.AsType[*refusal](err)
	return own || external.IsRefused(err)
}

// onlyRefused says whether nothing of what went wrong can be helped by trying again.
func onlyRefused(err error) bool {
	var joined interface{ Unwrap() []error }
	if !errors.As(err, &joined) {
		return refused(err)
	}
	return !slices.ContainsFunc(joined.Unwrap(), func(one error) bool { return !refused(one) })
}

func scopeTaken(want Scope) error {
	return &refusal{
		Reason: v1alpha1.ReasonScopeTaken, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Scope %s is exposed by the older App %s", want.Name, want.TakenBy),
		Remedy:  "Let one App expose it, or choose another name",
	}
}

func scopeForeign(want Scope) error {
	return &refusal{
		Reason: v1alpha1.ReasonRegisteredToAnother, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Scope %s is registered to another organisation than the service owner", want.Name),
		Remedy:  "Choose another name; if the prefix is yours, have Digdir give it to your organisation first",
	}
}

func scopeInUse(want Scope, consumers int) error {
	return &refusal{
		Reason: v1alpha1.ReasonAlreadyRegistered, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Scope %s is registered already, and %d organisations were given access of which not all are declared", want.Name, consumers),
		Remedy:  "Name under exposes[].consumers all who are to keep their access, or take access from the others in Digdir's self-service first",
	}
}

func keySetFull(client v1alpha1.ClientType) error {
	return &refusal{
		Reason: v1alpha1.ReasonKeySetFull, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Pods read so many old keys of the client at %s that a new one has no room: a key set holds %d", client, maxKeys),
		Remedy:  "Let the rollout come to its end: look at kubectl rollout status and the events of pods that do not start or do not end",
	}
}

// remedies are for refusals that a caller can say more of than the system does.
var remedies = []struct {
	cause          error
	reason, remedy string
}{
	{maskinporten.ErrDelegationMissing, v1alpha1.ReasonDelegationMissing,
		"Let the platform's organisation act for the service owner: delegate Digdir's self-service API to it in Altinn"},
	{selfservice.ErrScopeNotAccessible, v1alpha1.ReasonScopeNotGranted,
		"Ask the scope's owner for access, or take the scope out of spec.integrations; it is asked again"},
	{selfservice.ErrForeignScope, v1alpha1.ReasonRegisteredToAnother,
		"Have Digdir give the prefix to the service owner's organisation, or choose another name"},
	{selfservice.ErrConsumerUnknown, v1alpha1.ReasonConsumerUnknown,
		"Compare the organisations under exposes[].consumers, and those that may ask for consents, with Enhetsregisteret"},
}

// remedyOf is what to do about a refusal that is known no better, by who must act.
var remedyOf = map[v1alpha1.Actor]string{
	v1alpha1.ActorServiceOwner: "Correct the spec by what the answer says",
	v1alpha1.ActorPlatform:     "Look at the operator's client at Maskinporten, its scopes and its key, and at the configuration",
	v1alpha1.ActorExternal:     "Ask Digdir why it refuses; it is tried again",
}

// obstacleOf is what an error means for those who read the status; nil for none, and for what a moment helps.
// What is not refused is not known.
func obstacleOf(err error) *v1alpha1.Obstacle {
	if err == nil || errors.Is(err, errNotYet) {
		return nil
	}
	obstacle := &v1alpha1.Obstacle{
		Condition: Condition, Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonSelfServiceUnavailable,
		Message: err.Error(), Actor: v1alpha1.ActorExternal, Remedy: "Nothing, if it passes: it is tried again, and what is in use works on",
	}
	if own, ok := errors.AsType[*refusal](err); ok {
		own.Condition, own.Status = Condition, metav1.ConditionFalse
		return (*v1alpha1.Obstacle)(own)
	}
	refused, ok := errors.AsType[*external.Refused](err)
	if !ok {
		return obstacle
	}
	obstacle.Status, obstacle.Reason = metav1.ConditionFalse, v1alpha1.ReasonSelfServiceRefused
	obstacle.Actor, obstacle.Remedy = refused.Actor, remedyOf[refused.Actor]
	for _, known := range remedies {
		if errors.Is(err, known.cause) {
			obstacle.Reason, obstacle.Remedy = known.reason, known.remedy
		}
	}
	return obstacle
}
