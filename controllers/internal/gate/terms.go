// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// terms says whether an agreement accepts older terms than apply now: a warning as long as there is
// grace, then a hold.
func (i *instants) terms(agreement *v1alpha1.DataProcessingAgreement, operator *configuration.Operator) []decide.Finding {
	current := operator.Agreements.Terms
	accepted := agreement.Spec.Terms.Version
	if current.Version == "" || compareVersions(accepted, current.Version) >= 0 {
		return nil
	}
	from := startOf(current.ValidFrom)
	if !i.reached(from) {
		return nil
	}
	finding := decide.Finding{
		Effect: decide.Hold, Reason: v1alpha1.ReasonTermsOutdated, Actor: v1alpha1.ActorServiceOwner,
		Message: fmt.Sprintf("Agreement %s accepts terms %s; %s apply since %s", agreement.Name, accepted, current.Version, current.ValidFrom),
		Remedy:  "Accept the current terms and have the platform team put their version into the agreement",
	}
	if until := from.AddDate(0, 0, current.GraceDays); !i.reached(until) {
		finding.Effect = decide.Warn
		finding.Message += ", and must be accepted by " + said(until)
	}
	return []decide.Finding{finding}
}

// compareVersions compares versions number by number: 1.10 is later than 1.9.
func compareVersions(a, b string) int {
	for a != "" || b != "" {
		var first, second string
		first, a, _ = strings.Cut(a, ".")
		second, b, _ = strings.Cut(b, ".")
		if order := cmp.Compare(number(first), number(second)); order != 0 {
			return order
		}
	}
	return 0
}

// number is a part of a version; a part that is not there counts as 0.
func number(part string) int {
	value, err := strconv.Atoi(part)
	if err != nil {
		return 0
	}
	return value
}
