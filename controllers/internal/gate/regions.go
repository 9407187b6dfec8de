// SPDX-License-Identifier: BSD-3-Clause

package gate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
)

// Kept geo-redundantly, data lies in two regions.
const (
	redundancyGRS  v1alpha1.Redundancy = "GRS"
	redundancyGZRS v1alpha1.Redundancy = "GZRS"
)

// RegionsOf are the regions a service owner's data is kept in: its own, and with geo-redundancy the
// one Azure pairs it with. Paired is false when redundancy asks for a pair and there is none.
func RegionsOf(owner *v1alpha1.ServiceOwner) (regions []v1alpha1.Region, paired bool) {
	regions = []v1alpha1.Region{owner.Spec.Region}
	if owner.Spec.Storage.Redundancy != redundancyGRS && owner.Spec.Storage.Redundancy != redundancyGZRS {
		return regions, true
	}
	info, _ := owner.Spec.Region.Info()
	if info.Pair == "" {
		return regions, false
	}
	return append(regions, info.Pair), true
}

// regions lists what is wrong with where a service owner's data is kept, by the installation's rule and
// by the agreement; agreement is nil when none governs.
func (i *instants) regions(owner *v1alpha1.ServiceOwner, agreement *v1alpha1.DataProcessingAgreement, operator *configuration.Operator) []decide.Finding {
	regions, paired := RegionsOf(owner)
	var found []decide.Finding
	if !paired {
		found = append(found, regionFinding(v1alpha1.ReasonRegionWithoutPair,
			fmt.Sprintf("Redundancy %s needs a second region, and Azure pairs %s with none", owner.Spec.Storage.Redundancy, owner.Spec.Region),
			"Set spec.storage.redundancy of the ServiceOwner to LRS or ZRS"))
	}
	for n, region := range regions {
		what := "Region " + string(region)
		if n > 0 {
			what = fmt.Sprintf("Region %s, which %s keeps the second copy in,", region, owner.Spec.Storage.Redundancy)
		}
		found = append(found, i.allowed(owner, region, what, operator)...)
		if agreement != nil && !slices.Contains(agreement.Spec.Regions, region) {
			found = append(found, regionFinding(v1alpha1.ReasonRegionNotCovered,
				fmt.Sprintf("%s is not one agreement %s names", what, agreement.Name),
				"Keep the data in another region, or have the agreement extended"))
		}
	}
	return found
}

func regionFinding(reason, message, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Hold, Part: v1alpha1.ConditionRegionCompliant, Reason: reason,
		Message: message, Actor: v1alpha1.ActorPlatform, Remedy: remedy,
	}
}

// allowed says whether the installation allows a region to the owner: always, or by an exception that
// has not run out.
func (i *instants) allowed(owner *v1alpha1.ServiceOwner, region v1alpha1.Region, what string, operator *configuration.Operator) []decide.Finding {
	exception := owner.Spec.RegionException
	switch {
	case slices.Contains(operator.Regions.Allowed, region):
		return nil
	case !slices.Contains(operator.Regions.Exceptional, region):
		return []decide.Finding{regionFinding(v1alpha1.ReasonRegionNotAllowed,
			fmt.Sprintf("%s is not allowed here; allowed are %s, and by exception %s", what, names(operator.Regions.Allowed), names(operator.Regions.Exceptional)),
			"Choose an allowed region, or a redundancy that stays in one")}
	case exception == nil:
		return []decide.Finding{regionFinding(v1alpha1.ReasonRegionExceptionMissing,
			what+" is allowed by exception only, and the ServiceOwner has none",
			"Give the ServiceOwner a spec.regionException with reason and expiry, or another region")}
	case i.reached(exception.Expires.Time):
		return []decide.Finding{regionFinding(v1alpha1.ReasonRegionExceptionExpired,
			fmt.Sprintf("%s was allowed by an exception that ran out on %s", what, said(exception.Expires.Time)),
			"Move the data to an allowed region, or renew spec.regionException of the ServiceOwner")}
	}
	if days := i.warnedOf(exception.Expires.Time); days > 0 {
		return []decide.Finding{{
			Effect: decide.Warn, Part: v1alpha1.ConditionRegionCompliant, Reason: v1alpha1.ReasonRegionExceptionExpiring,
			Message: fmt.Sprintf("%s is allowed by an exception that runs out on %s, within %s", what, said(exception.Expires.Time), plural(days)),
			Actor:   v1alpha1.ActorPlatform, Remedy: "Move the data to an allowed region, or renew spec.regionException of the ServiceOwner",
		}}
	}
	return nil
}

// RegionsForPods are the regions a service owner's pods may run in: those allowed to all, and its own
// where the installation allows that by exception.
func RegionsForPods(h Holding) []v1alpha1.Region {
	regions := slices.Clone(h.Operator.Regions.Allowed)
	if h.Owner != nil && h.Owner.Spec.RegionException != nil && slices.Contains(h.Operator.Regions.Exceptional, h.Owner.Spec.Region) {
		regions = append(regions, h.Owner.Spec.Region)
	}
	slices.Sort(regions)
	return regions
}

// Place is where something really is.
type Place struct {
	// What is what is there, as people read it.
	What string
	// Region is the region, by its topology label or by what its provider reports.
	Region v1alpha1.Region
	// Keeps says that personal data is kept there, and not only worked on.
	Keeps bool
}

// drift lists what lies, or runs, where the installation, or for what is kept the agreement, does not allow
// it to the service owner. It is nothing the operator can put right: data that has left is moved by people.
// While data is kept where it must not be, nothing new is let in that would bring more of it there.
func (i *instants) drift(h Holding, agreement *v1alpha1.DataProcessingAgreement, places []Place) []decide.Finding {
	var found []decide.Finding
	for _, place := range places {
		refused := refuses(i.allowed(h.Owner, place.Region, "", h.Operator))
		why := "which is not allowed"
		if !refused && place.Keeps && agreement != nil && !slices.Contains(agreement.Spec.Regions, place.Region) {
			refused, why = true, fmt.Sprintf("which agreement %s does not name", agreement.Name)
		}
		if !refused {
			continue
		}
		finding := decide.Finding{
			Effect: decide.Limit, Part: v1alpha1.ConditionRegionCompliant, Reason: v1alpha1.ReasonRegionDrift,
			Message: fmt.Sprintf("%s is used and lies in region %s, %s", place.What, place.Region, why),
			Actor:   v1alpha1.ActorPlatform,
			Remedy:  "Move what is there to an allowed region: drain the node, or move the data and delete the volume",
		}
		if place.Keeps {
			finding.Effect = decide.Hold
			finding.Message = fmt.Sprintf("Data is kept in %s, which lies in region %s, %s", place.What, place.Region, why)
			finding.Remedy = "Find out who moved it and tell the service owner's incident contact (GDPR art. 33); move the data back to an allowed region"
		}
		found = append(found, finding)
	}
	return found
}

// refuses says whether any finding is more than a warning.
func refuses(findings []decide.Finding) bool {
	return slices.ContainsFunc(findings, func(f decide.Finding) bool { return f.Effect > decide.Warn })
}

// kept says where data is kept, as people read it.
func kept(owner *v1alpha1.ServiceOwner) string {
	regions, _ := RegionsOf(owner)
	places := make([]string, 0, len(regions))
	for _, region := range regions {
		info, _ := region.Info()
		places = append(places, fmt.Sprintf("%s (%s)", region, info.Country))
	}
	return "Data is kept in " + strings.Join(places, " and ")
}

func names(regions []v1alpha1.Region) string {
	if len(regions) == 0 {
		return "none"
	}
	texts := make([]string, 0, len(regions))
	for _, region := range regions {
		texts = append(texts, string(region))
	}
	return strings.Join(texts, ", ")
}

func plural(days int) string {
	if days == 1 {
		return "1 day"
	}
	return fmt.Sprintf("%d days", days)
}
