// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"time"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
)

// Standing is where an agreement stands at an instant.
type Standing int

// Standings. The zero value is none of them.
const (
	// InForce: it holds.
	InForce Standing = iota + 1
	// NotYetValid: it begins, or is signed, later.
	NotYetValid
	// InGrace: it has run out, and the days of grace have not.
	InGrace
	// Expired: it has run out, grace and all.
	Expired
	// Suspended: it would hold, but nothing new may start under it.
	Suspended
	// Stopped: the controller ordered the processing to stop (terms of use v1.8 §6.4.1, §7.4.2, §8.4.2).
	Stopped
	// Terminated: it was ended.
	Terminated
	// Reversed: it ends before it begins or is signed, so that it never holds.
	Reversed
)

// standingOf says where an agreement stands.
func (i *instants) standingOf(agreement *v1alpha1.DataProcessingAgreement, operator *configuration.Operator) Standing {
	switch agreement.Spec.State {
	case v1alpha1.AgreementStopped:
		return Stopped
	case v1alpha1.AgreementTerminated:
		return Terminated
	}
	begin, end := beginOf(agreement), endOf(agreement)
	switch {
	case !end.IsZero() && !begin.Before(end):
		return Reversed
	case !i.reached(begin):
		return NotYetValid
	case end.IsZero() || !i.reached(end):
		if agreement.Spec.State == v1alpha1.AgreementSuspended {
			return Suspended
		}
		return InForce
	case !i.reached(graceEnd(end, operator)):
		return InGrace
	default:
		return Expired
	}
}

// beginOf is the first instant the agreement can hold: nobody is bound before signing.
func beginOf(agreement *v1alpha1.DataProcessingAgreement) time.Time {
	from, signed := agreement.Spec.Validity.From.Time, agreement.Spec.Signature.SignedAt.Time
	if signed.After(from) {
		return signed
	}
	return from
}

// endOf is the first instant the agreement no longer holds; zero when it has no end.
func endOf(agreement *v1alpha1.DataProcessingAgreement) time.Time {
	if agreement.Spec.Validity.Until == nil {
		return time.Time{}
	}
	return agreement.Spec.Validity.Until.Time
}

// graceEnd is the first instant after the days of grace.
func graceEnd(end time.Time, operator *configuration.Operator) time.Time {
	return end.UTC().AddDate(0, 0, operator.Agreements.GraceDays)
}

// sentence says where an agreement stands as people read it.
func (i *instants) sentence(agreement *v1alpha1.DataProcessingAgreement, standing Standing, operator *configuration.Operator) string {
	name, end := agreement.Name, endOf(agreement)
	switch standing {
	case NotYetValid:
		return fmt.Sprintf("Agreement %s is not in force before %s", name, said(beginOf(agreement)))
	case InGrace:
		return fmt.Sprintf("Agreement %s ran out on %s, %s; its grace ends on %s",
			name, said(end), ago(i.daysSince(end)), said(graceEnd(end, operator)))
	case Expired:
		return fmt.Sprintf("Agreement %s ran out on %s, and its grace of %d days is over", name, said(end), operator.Agreements.GraceDays)
	case Suspended:
		return fmt.Sprintf("Agreement %s is suspended", name)
	case Stopped:
		return fmt.Sprintf("Agreement %s is stopped: %s has ordered the processing to stop", name, agreement.Spec.ServiceOwner)
	case Terminated:
		return fmt.Sprintf("Agreement %s is terminated", name)
	case Reversed:
		return fmt.Sprintf("Agreement %s ends on %s, before it begins on %s", name, said(end), said(beginOf(agreement)))
	default:
		return inForce(agreement)
	}
}

// inForce says of an agreement in force until when it is.
func inForce(agreement *v1alpha1.DataProcessingAgreement) string {
	if end := endOf(agreement); !end.IsZero() {
		return "Agreement " + agreement.Name + " is in force until " + said(end)
	}
	return "Agreement " + agreement.Name + " is in force"
}

func ago(days int) string {
	switch days {
	case 0:
		return "today"
	case 1:
		return "1 day ago"
	default:
		return fmt.Sprintf("%d days ago", days)
	}
}
