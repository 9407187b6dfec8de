// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// Judge implements storage.Provider. Nothing is wanted of a service owner itself, so that what stands of its Apps
// tells of it: which StorageClass keeps its data, and what no volume does. Where volumes lie is not told here: it is
// read from the volumes.
func (p *provider) Judge(wanted []apply.Child, standing []storage.Object) storage.Report {
	claims := claimsOf(standing)
	report := storage.Report{Containers: containersOf(claims)}
	if len(wanted) == 0 {
		report.Findings = p.ofOwner(claims, standing)
		return report
	}
	ownKey := false
	for _, child := range wanted {
		claim, ok := child.Object.(*corev1.PersistentVolumeClaim)
		if !ok {
			continue
		}
		found, awaited := judged(claim, named(claims, claim.Name))
		report.Findings = append(report.Findings, found...)
		if awaited {
			report.Awaited = append(report.Awaited, "volume claim "+claim.Name)
		}
		asked := strings.Split(claim.Annotations[annotationUnmet], ",")
		if slices.Contains(asked, unmetImmutable) {
			report.Findings = append(report.Findings, mutable(containerOf(claim)))
		}
		ownKey = ownKey || slices.Contains(asked, unmetOwnKey)
	}
	if ownKey {
		report.Findings = append(report.Findings, keyless)
	}
	return report
}

// claimsOf are the claims among objects.
func claimsOf(objects []storage.Object) []*corev1.PersistentVolumeClaim {
	var claims []*corev1.PersistentVolumeClaim
	for _, object := range objects {
		if claim, ok := object.(*corev1.PersistentVolumeClaim); ok {
			claims = append(claims, claim)
		}
	}
	return claims
}

// named is the claim of a name; nil when there is none.
func named(claims []*corev1.PersistentVolumeClaim, name string) *corev1.PersistentVolumeClaim {
	i := slices.IndexFunc(claims, func(claim *corev1.PersistentVolumeClaim) bool { return claim.Name == name })
	if i < 0 {
		return nil
	}
	return claims[i]
}

// containersOf are the containers that claims keep. A claim goes with its App, so that each has one; one that is
// being deleted keeps nothing any longer.
func containersOf(claims []*corev1.PersistentVolumeClaim) []v1alpha1.KeptContainer {
	var containers []v1alpha1.KeptContainer
	for _, claim := range claims {
		days, err := strconv.ParseInt(claim.Annotations[v1alpha1.AnnotationRetentionDays], 10, 32)
		if err != nil || !claim.DeletionTimestamp.IsZero() {
			continue
		}
		containers = append(containers, v1alpha1.KeptContainer{
			Name: claim.Name, App: claim.Labels[v1alpha1.LabelName], RetentionDays: int32(days),
		})
	}
	return containers
}

// judged tells how a claim is, and whether somebody is at work on it; live is nil when it does not stand.
func judged(wanted, live *corev1.PersistentVolumeClaim) (found []decide.Finding, awaited bool) {
	switch {
	case live == nil:
		return nil, true
	case !live.DeletionTimestamp.IsZero():
		return []decide.Finding{limit(v1alpha1.ReasonStorageDeleting,
			fmt.Sprintf("Volume claim %s is being deleted, and its container has no volume until it is gone", live.Name),
			"Wait for the pods that use it to end, or suspend the App; then another claim is made, with an empty volume")}, false
	case live.Status.Phase == corev1.ClaimLost:
		return []decide.Finding{limit(v1alpha1.ReasonStorageRefused,
			fmt.Sprintf("Volume claim %s has lost its volume %s, and is never bound again", live.Name, live.Spec.VolumeName),
			"Find out who deleted the volume and tell the service owner; delete the claim, which is then made anew, and restore its data from a backup")}, false
	}
	if was, is := classOf(live), classOf(wanted); was != is {
		found = append(found, limit(v1alpha1.ReasonStorageImmovable,
			fmt.Sprintf("Volume claim %s is of StorageClass %s, the configuration names %s, and a claim keeps its class", live.Name, was, is),
			fmt.Sprintf("Move the data and delete the claim, which is then made of StorageClass %s; or set storage.volumes.storageClass to %s again", is, was)))
	}
	return found, live.Status.Phase != corev1.ClaimBound
}

func classOf(claim *corev1.PersistentVolumeClaim) string {
	if claim.Spec.StorageClassName == nil || *claim.Spec.StorageClassName == "" {
		return "none"
	}
	return *claim.Spec.StorageClassName
}

// limit is a finding of the platform team's.
func limit(reason, message, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: reason,
		Message: message, Actor: v1alpha1.ActorPlatform, Remedy: remedy,
	}
}

// mutable tells that what is declared immutable is not.
func mutable(container string) decide.Finding {
	found := limit(v1alpha1.ReasonStorageRefused,
		fmt.Sprintf("Container %s is declared immutable, and nothing keeps files on a volume from being changed or deleted", container),
		fmt.Sprintf("Take immutable from container %s, or have the data kept by another storage.provider", container))
	found.Actor = v1alpha1.ActorServiceOwner
	return found
}

// keyless tells that a key of the service owner's own encrypts nothing.
var keyless = limit(v1alpha1.ReasonStorageRefused,
	"The ServiceOwner asks for a key of its own (storage.keyManagement Customer), and a volume is encrypted as its StorageClass has it",
	"Set spec.storage.keyManagement of the ServiceOwner to Platform, or name another storage.provider in the operator's configuration")
