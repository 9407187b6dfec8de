// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// classIn is the StorageClass among what stands; nil when it is not there.
func (p *provider) classIn(standing []storage.Object) *storagev1.StorageClass {
	for _, object := range standing {
		if class, ok := object.(*storagev1.StorageClass); ok && class.Name == p.class {
			return class
		}
	}
	return nil
}

// ofOwner tells what is wrong with the StorageClass, and what no volume does for those who keep data on one. A
// service owner whose Apps keep none is told only of a class that is seen to be wrong.
func (p *provider) ofOwner(claims []*corev1.PersistentVolumeClaim, standing []storage.Object) []decide.Finding {
	var found []decide.Finding
	switch class := p.classIn(standing); {
	case class != nil:
		found = append(p.misplaced(class), fleeting(class)...)
	case len(claims) > 0:
		found = append(found, limit(v1alpha1.ReasonStorageRefused,
			fmt.Sprintf("StorageClass %s is not there, so that nothing is known of where it keeps data and for how long", p.class),
			"Make it, or name another in storage.volumes.storageClass of the operator's configuration"))
	}
	if len(claims) > 0 {
		found = append(found, unkept)
	}
	return found
}

// unkept tells what a ServiceOwner and its Apps declare and no volume does. There is nothing to wait for: it is told
// as long as there is data.
var unkept = decide.Finding{
	Effect: decide.Warn, Part: v1alpha1.ConditionStorageReady,
	Message: "Data lies on volumes, which delete nothing when its retentionDays have passed and bring nothing back that was deleted (softDeleteDays); how often it is copied is the StorageClass's to say",
	Actor:   v1alpha1.ActorServiceOwner,
	Remedy:  "Have each App delete in time what is in its containers, and agree with the platform team on backups",
}

// misplaced tells of a StorageClass that may make volumes where data may not lie (DPIA: personal data stays in
// Norway or the EEA). A region that is open by exception is refused too: one class serves every service owner.
func (p *provider) misplaced(class *storagev1.StorageClass) []decide.Finding {
	regions, bounded := regionsOf(class)
	if !bounded {
		return []decide.Finding{limit(v1alpha1.ReasonStorageRefused,
			fmt.Sprintf("StorageClass %s may make volumes in any region: not each of its allowedTopologies names values of %s", class.Name, corev1.LabelTopologyRegion),
			"Make it anew with allowedTopologies in allowed regions: "+names(p.allowed))}
	}
	outside := slices.DeleteFunc(regions, func(region v1alpha1.Region) bool { return slices.Contains(p.allowed, region) })
	if len(outside) == 0 {
		return nil
	}
	return []decide.Finding{limit(v1alpha1.ReasonStorageRefused,
		fmt.Sprintf("StorageClass %s may make volumes in %s, where not every service owner's data may be kept", class.Name, names(outside)),
		"Make it anew with allowedTopologies in allowed regions: "+names(p.allowed))}
}

// regionsOf are the regions a StorageClass may make volumes in, sorted; bounded is false when it may make some
// elsewhere too. Its terms are alternatives, so that each must name regions.
func regionsOf(class *storagev1.StorageClass) (regions []v1alpha1.Region, bounded bool) {
	for _, term := range class.AllowedTopologies {
		within := false
		for _, label := range term.MatchLabelExpressions {
			if label.Key != corev1.LabelTopologyRegion || len(label.Values) == 0 {
				continue
			}
			within = true
			for _, value := range label.Values {
				regions = append(regions, v1alpha1.Region(value))
			}
		}
		if !within {
			return nil, false
		}
	}
	slices.Sort(regions)
	return slices.Compact(regions), len(regions) > 0
}

func names(regions []v1alpha1.Region) string {
	texts := make([]string, 0, len(regions))
	for _, region := range regions {
		texts = append(texts, string(region))
	}
	return strings.Join(texts, ", ")
}

// fleeting tells of a StorageClass whose volumes go with their claims: an App that is deleted by mistake, or a
// container that is no longer declared, would take its data along whatever the deletionPolicy says.
func fleeting(class *storagev1.StorageClass) []decide.Finding {
	if !deletes(class) {
		return nil
	}
	return []decide.Finding{limit(v1alpha1.ReasonStorageRefused,
		fmt.Sprintf("StorageClass %s has the reclaimPolicy Delete: data is lost with an App, or a container, that is deleted", class.Name),
		"Set persistentVolumeReclaimPolicy of its volumes to Retain at once, and make the StorageClass anew with reclaimPolicy Retain")}
}

// deletes says whether volumes of a class go with their claims, as they do when it says nothing (Kubernetes API,
// StorageClass.reclaimPolicy).
func deletes(class *storagev1.StorageClass) bool {
	return class.ReclaimPolicy == nil || *class.ReclaimPolicy == corev1.PersistentVolumeReclaimDelete
}

// Fates implements storage.Provider. With deletionPolicy Retain the claims stay; with Delete they go, and a volume
// goes along only if its class says so: otherwise it stays, released, for the platform team to delete. Where that is
// not seen, nobody is told that data is gone.
func (p *provider) Fates(owner storage.Owner, standing []storage.Object) []storage.Fate {
	class := p.classIn(standing)
	var fates []storage.Fate
	for _, claim := range claimsOf(standing) {
		fate := storage.Fate{What: "volume claim " + claim.Name, Where: "persistentvolumes/" + claim.Spec.VolumeName}
		if claim.Spec.VolumeName == "" {
			fate.Where = "" // there is no volume yet
		}
		if class != nil && classOf(claim) == class.Name {
			fate.Regions = lying(class)
			fate.Deleted = owner.DeletionPolicy == v1alpha1.DeletionDelete && deletes(class)
		}
		fates = append(fates, fate)
	}
	return fates
}

// lying is where volumes of a class lie; nil when there are several regions, or any, where they may.
func lying(class *storagev1.StorageClass) []v1alpha1.Region {
	regions, bounded := regionsOf(class)
	if !bounded || len(regions) != 1 {
		return nil
	}
	return regions
}
