// SPDX-License-Identifier: BSD-3-Clause

package registration

import (
	"errors"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/maskinporten"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/registry"
)

// errMoved says that something changed while it was looked at, or written.
var errMoved = errors.New("it changed while it was worked on")

// stopped is an error and the step it ended.
type stopped struct {
	step step
	err  error
	// stands says that all steps before it were done.
	stands bool
}

// Error implements error.
func (s *stopped) Error() string { return s.err.Error() }

// Unwrap gives what happened.
func (s *stopped) Unwrap() error { return s.err }

func at(where step, err error) error { return &stopped{step: where, err: err} }

// remedies are for refusals that a caller can say more of than the system does.
var remedies = []struct {
	cause          error
	reason, remedy string
}{
	{maskinporten.ErrDelegationMissing, v1alpha1.ReasonDelegationMissing,
		"Let the platform's organisation act for the service owner: delegate the Resource Registry's API to it in Altinn"},
	{registry.ErrForeignOwner, v1alpha1.ReasonRegisteredToAnother,
		"Use another identifier; if it is yours, have the owner of the registered resource corrected in Altinn first"},
	{registry.ErrPartyUnknown, v1alpha1.ReasonRequesterUnknown,
		"Compare spec.requesters.organizations with Enhetsregisteret and remove what is not there"},
	{registry.ErrNotAnOrganisation, v1alpha1.ReasonRequesterUnknown,
		"Correct spec.requesters.organizations: nine digits each"},
}

// remedyOf is what to do about a refusal that is known no better, by who must act.
var remedyOf = map[v1alpha1.Actor]string{
	v1alpha1.ActorServiceOwner: "Correct the spec by what the answer says",
	v1alpha1.ActorPlatform:     "Look at the operator's client at Maskinporten, its scopes and its key, and at the configuration",
	v1alpha1.ActorExternal:     "Ask Altinn why it refuses; it is tried again",
}

// obstacleOf is what an error means for those who read the status. What is not refused is not known.
func obstacleOf(err error, parts []string) *v1alpha1.Obstacle {
	where, stands := stepResource, []string(nil)
	if ended, ok := errors.AsType[*stopped](err); ok {
		where = ended.step
		if ended.stands {
			stands = parts[:min(int(where), len(parts)-1)]
		}
	}
	obstacle := &v1alpha1.Obstacle{
		Condition: conditionOf(parts, where), Status: metav1.ConditionUnknown, Reason: v1alpha1.ReasonRegistryUnavailable,
		Message: err.Error(), Actor: v1alpha1.ActorExternal, Remedy: "Nothing, if it passes: it is tried again, and what runs goes on",
		Stands: stands,
	}
	if own, ok := errors.AsType[*refusal](err); ok {
		own.Condition, own.Status, own.Stands = obstacle.Condition, metav1.ConditionFalse, stands
		return (*v1alpha1.Obstacle)(own)
	}
	refused, ok := errors.AsType[*external.Refused](err)
	if !ok {
		return obstacle
	}
	obstacle.Status, obstacle.Reason = metav1.ConditionFalse, v1alpha1.ReasonRegistryRefused
	obstacle.Actor, obstacle.Remedy = refused.Actor, remedyOf[refused.Actor]
	for _, known := range remedies {
		if errors.Is(err, known.cause) {
			obstacle.Reason, obstacle.Remedy = known.reason, known.remedy
		}
	}
	return obstacle
}

const (
	// soonAgain is for a resource whose status was written while it was worked on, which brings no pass here.
	soonAgain = 100 * time.Millisecond
	// slowly is for what only a person can help, who may do so where no event tells of it.
	slowly = 5 * time.Minute
)

// retryAfter is how long to wait after an error; zero leaves it to the queue, which waits longer each time.
func retryAfter(err error) time.Duration {
	if later, ok := errors.AsType[*external.TryLater](err); ok {
		return later.RetryAfter
	}
	if refused(err) {
		return slowly
	}
	return 0
}
