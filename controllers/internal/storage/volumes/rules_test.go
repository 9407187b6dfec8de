// SPDX-License-Identifier: BSD-3-Clause

package volumes

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// standing is the claim of a container of App income as the cluster shows it, with changes.
func standing(container string, phase corev1.PersistentVolumeClaimPhase, changes ...func(*corev1.PersistentVolumeClaim)) *corev1.PersistentVolumeClaim {
	claim := &corev1.PersistentVolumeClaim{
		ObjectMeta: metav1.ObjectMeta{
			Name: "income." + container, Namespace: "so-skd",
			Labels:      map[string]string{v1alpha1.LabelName: "income"},
			Annotations: map[string]string{v1alpha1.AnnotationRetentionDays: "365"},
		},
		Spec:   corev1.PersistentVolumeClaimSpec{StorageClassName: ptr.To("data"), VolumeName: "pvc-" + container},
		Status: corev1.PersistentVolumeClaimStatus{Phase: phase},
	}
	for _, change := range changes {
		change(claim)
	}
	return claim
}

func leaving(claim *corev1.PersistentVolumeClaim) {
	claim.DeletionTimestamp = &metav1.Time{Time: time.Date(2026, 6, 15, 12, 0, 0, 0, time.UTC)}
}

func ofClass(name *string) func(*corev1.PersistentVolumeClaim) {
	return func(claim *corev1.PersistentVolumeClaim) { claim.Spec.StorageClassName = name }
}

// aClass is a StorageClass whose volumes lie in regions, one term for each list, with changes.
func aClass(regions [][]string, changes ...func(*storagev1.StorageClass)) *storagev1.StorageClass {
	class := &storagev1.StorageClass{ObjectMeta: metav1.ObjectMeta{Name: "data"}, ReclaimPolicy: ptr.To(corev1.PersistentVolumeReclaimRetain)}
	for _, values := range regions {
		class.AllowedTopologies = append(class.AllowedTopologies, corev1.TopologySelectorTerm{
			MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: corev1.LabelTopologyRegion, Values: values}},
		})
	}
	for _, change := range changes {
		change(class)
	}
	return class
}

func reclaimed(policy *corev1.PersistentVolumeReclaimPolicy) func(*storagev1.StorageClass) {
	return func(class *storagev1.StorageClass) { class.ReclaimPolicy = policy }
}

func zoned(class *storagev1.StorageClass) {
	class.AllowedTopologies = append(class.AllowedTopologies, corev1.TopologySelectorTerm{
		MatchLabelExpressions: []corev1.TopologySelectorLabelRequirement{{Key: corev1.LabelTopologyZone, Values: []string{"norwayeast-1"}}},
	})
}

// problem is a finding in one line, as people read it.
func problem(found decide.Finding) string {
	effect := map[decide.Effect]string{decide.Warn: "warns", decide.Limit: "limits"}[found.Effect]
	return strings.TrimSpace(fmt.Sprintf("%s %s: %s: %s", found.Actor, effect, found.Reason, found.Message))
}

func problems(report storage.Report) []string {
	var texts []string
	for _, found := range report.Findings {
		texts = append(texts, problem(found))
	}
	return texts
}

func TestHowTheClaimsOfAnAppAre(t *testing.T) {
	const immutable = "ServiceOwner limits: StorageRefused: Container receipts is declared immutable, and nothing keeps files on a volume from being changed or deleted"
	receipts, drafts := v1alpha1.Container{Name: "receipts", RetentionDays: 365}, v1alpha1.Container{Name: "drafts", RetentionDays: 30}
	fixed := receipts
	fixed.Immutable = true
	ownKey := of(receipts, drafts)
	ownKey.Owner.Storage.KeyManagement = customerKeys
	for name, tc := range map[string]struct {
		app      storage.App
		standing []storage.Object
		want     []string
		awaited  []string
	}{
		"bound, are well":                {of(receipts), []storage.Object{standing("receipts", corev1.ClaimBound)}, nil, nil},
		"not there, are awaited":         {of(receipts), nil, nil, []string{"volume claim income.receipts"}},
		"pending, are awaited":           {of(receipts), []storage.Object{standing("receipts", corev1.ClaimPending)}, nil, []string{"volume claim income.receipts"}},
		"just made, are awaited":         {of(receipts), []storage.Object{standing("receipts", "")}, nil, []string{"volume claim income.receipts"}},
		"each by itself, by their names": {of(receipts, drafts), []storage.Object{standing("receipts", corev1.ClaimBound)}, nil, []string{"volume claim income.drafts"}},
		"lost, are refused": {of(receipts), []storage.Object{standing("receipts", corev1.ClaimLost)},
			[]string{"Platform limits: StorageRefused: Volume claim income.receipts has lost its volume pvc-receipts, and is never bound again"}, nil},
		"being deleted, are told of": {of(receipts), []storage.Object{standing("receipts", corev1.ClaimBound, leaving)},
			[]string{"Platform limits: StorageDeleting: Volume claim income.receipts is being deleted, and its container has no volume until it is gone"}, nil},
		"of another class, are immovable": {of(receipts), []storage.Object{standing("receipts", corev1.ClaimBound, ofClass(ptr.To("old")))},
			[]string{"Platform limits: StorageImmovable: Volume claim income.receipts is of StorageClass old, the configuration names data, and a claim keeps its class"}, nil},
		"of no class, are immovable and awaited": {of(receipts), []storage.Object{standing("receipts", corev1.ClaimPending, ofClass(nil))},
			[]string{"Platform limits: StorageImmovable: Volume claim income.receipts is of StorageClass none, the configuration names data, and a claim keeps its class"},
			[]string{"volume claim income.receipts"}},
		"of an immutable container, are no good": {of(fixed), []storage.Object{standing("receipts", corev1.ClaimBound)}, []string{immutable}, nil},
		"for a key of the owner's own, are no good, which is told once": {
			ownKey, []storage.Object{standing("receipts", corev1.ClaimBound), standing("drafts", corev1.ClaimBound)},
			[]string{"Platform limits: StorageRefused: The ServiceOwner asks for a key of its own (storage.keyManagement Customer), and a volume is encrypted as its StorageClass has it"}, nil},
		"beside others', are judged alone": {of(receipts), []storage.Object{standing("receipts", corev1.ClaimBound), standing("foreign", corev1.ClaimLost)}, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			report := installed().Judge(share(t, tc.app).Children, tc.standing)
			if diff := cmp.Diff(tc.want, problems(report)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(tc.awaited, report.Awaited); diff != "" {
				t.Errorf("awaited (-want +got):\n%s", diff)
			}
		})
	}
}

func TestWhatIsSaidOfAServiceOwner(t *testing.T) {
	const (
		anywhere = "Platform limits: StorageRefused: StorageClass data may make volumes in any region: not each of its allowedTopologies names values of topology.kubernetes.io/region"
		outside  = "Platform limits: StorageRefused: StorageClass data may make volumes in %s, where not every service owner's data may be kept"
		lost     = "Platform limits: StorageRefused: StorageClass data has the reclaimPolicy Delete: data is lost with an App, or a container, that is deleted"
		unseen   = "Platform limits: StorageRefused: StorageClass data is not there, so that nothing is known of where it keeps data and for how long"
		unkept   = "ServiceOwner warns: : Data lies on volumes, which delete nothing when its retentionDays have passed and bring nothing back that was deleted (softDeleteDays); how often it is copied is the StorageClass's to say"
	)
	east := [][]string{{"norwayeast"}}
	claim := standing("receipts", corev1.ClaimBound)
	other := aClass(nil)
	other.Name = "other"
	for name, tc := range map[string]struct {
		standing []storage.Object
		want     []string
	}{
		"without data or a class":                 {nil, nil},
		"without data, of a good class":           {[]storage.Object{aClass(east)}, nil},
		"without data, of a class without bounds": {[]storage.Object{aClass(nil)}, []string{anywhere}},
		"with data, of a good class":              {[]storage.Object{claim, aClass(east)}, []string{unkept}},
		"with data, of a class not seen":          {[]storage.Object{claim}, []string{unseen, unkept}},
		"with data, of another class":             {[]storage.Object{claim, other}, []string{unseen, unkept}},
		"of a class in both allowed regions":      {[]storage.Object{aClass([][]string{{"norwaywest", "norwayeast"}})}, nil},
		"of a class with a term for each region":  {[]storage.Object{aClass([][]string{{"norwaywest"}, {"norwayeast"}})}, nil},
		"of a class with a term for a zone":       {[]storage.Object{aClass(east, zoned)}, []string{anywhere}},
		"of a class with a term of no region":     {[]storage.Object{aClass([][]string{{"norwayeast"}, {}})}, []string{anywhere}},
		"of a class outside":                      {[]storage.Object{aClass([][]string{{"norwayeast", "eastus"}, {"asia", "eastus"}})}, []string{fmt.Sprintf(outside, "asia, eastus")}},
		"of a class in a region by exception":     {[]storage.Object{aClass([][]string{{"westeurope"}})}, []string{fmt.Sprintf(outside, "westeurope")}},
		"of a class that deletes":                 {[]storage.Object{aClass(east, reclaimed(ptr.To(corev1.PersistentVolumeReclaimDelete)))}, []string{lost}},
		"of a class that does not say":            {[]storage.Object{aClass(east, reclaimed(nil))}, []string{lost}},
		"of a class that is wrong all over":       {[]storage.Object{claim, aClass(nil, reclaimed(nil))}, []string{anywhere, lost, unkept}},
	} {
		t.Run(name, func(t *testing.T) {
			report := installed().Judge(nil, tc.standing)
			if diff := cmp.Diff(tc.want, problems(report)); diff != "" {
				t.Errorf("findings (-want +got):\n%s", diff)
			}
			if len(report.Awaited) > 0 {
				t.Errorf("it waits for %v", report.Awaited)
			}
		})
	}
}

// Whoever reads a problem must see who is to do what.
func TestEveryFindingSaysWhatToDo(t *testing.T) {
	found := append(installed().Judge(nil, []storage.Object{standing("receipts", corev1.ClaimBound), aClass(nil, reclaimed(nil))}).Findings,
		installed().Judge(nil, []storage.Object{standing("receipts", corev1.ClaimBound)}).Findings...)
	fixed := of(v1alpha1.Container{Name: "receipts", RetentionDays: 1, Immutable: true})
	fixed.Owner.Storage.KeyManagement = customerKeys
	for _, claim := range []*corev1.PersistentVolumeClaim{
		standing("receipts", corev1.ClaimLost), standing("receipts", corev1.ClaimBound, leaving), standing("receipts", corev1.ClaimBound, ofClass(nil)),
	} {
		found = append(found, installed().Judge(share(t, fixed).Children, []storage.Object{claim}).Findings...)
	}
	for _, one := range found {
		if one.Part != v1alpha1.ConditionStorageReady || one.Message == "" || one.Remedy == "" || one.Actor == "" {
			t.Errorf("%+v", one)
		}
		if one.Effect > decide.Limit {
			t.Errorf("%s holds somebody up", one.Message)
		}
		if (one.Reason == "") != (one.Effect == decide.Warn) {
			t.Errorf("%s has the reason %q", one.Message, one.Reason)
		}
	}
}

func TestWhatAppsKeepDataIn(t *testing.T) {
	unmarked := standing("unmarked", corev1.ClaimBound, func(claim *corev1.PersistentVolumeClaim) { claim.Annotations = nil })
	report := installed().Judge(nil, []storage.Object{
		standing("drafts", corev1.ClaimPending), standing("gone", corev1.ClaimBound, leaving), unmarked, aClass(nil), standing("receipts", corev1.ClaimBound),
	})
	want := []v1alpha1.KeptContainer{
		{Name: "income.drafts", App: "income", RetentionDays: 365}, {Name: "income.receipts", App: "income", RetentionDays: 365},
	}
	if diff := cmp.Diff(want, report.Containers); diff != "" {
		t.Errorf("containers (-want +got):\n%s", diff)
	}
}

func TestWhatBecomesOfDataOnVolumes(t *testing.T) {
	goes, stays := aClass([][]string{{"norwayeast"}}, reclaimed(nil)), aClass([][]string{{"norwayeast"}})
	claim := standing("receipts", corev1.ClaimBound)
	fate := func(deleted bool, regions ...v1alpha1.Region) []storage.Fate {
		return []storage.Fate{{What: "volume claim income.receipts", Where: "persistentvolumes/pvc-receipts", Regions: regions, Deleted: deleted}}
	}
	unbound := standing("receipts", corev1.ClaimPending, func(claim *corev1.PersistentVolumeClaim) { claim.Spec.VolumeName = "" })
	for name, tc := range map[string]struct {
		policy   v1alpha1.DeletionPolicy
		standing []storage.Object
		want     []storage.Fate
	}{
		"without claims":                         {v1alpha1.DeletionDelete, []storage.Object{goes}, nil},
		"that is to stay":                        {v1alpha1.DeletionRetain, []storage.Object{claim, goes}, fate(false, "norwayeast")},
		"that is to go, and goes":                {v1alpha1.DeletionDelete, []storage.Object{claim, goes}, fate(true, "norwayeast")},
		"that is to go, and whose volume stays":  {v1alpha1.DeletionDelete, []storage.Object{claim, stays}, fate(false, "norwayeast")},
		"that is to go, by a class not seen":     {v1alpha1.DeletionDelete, []storage.Object{claim}, fate(false)},
		"that is to go, of another class":        {v1alpha1.DeletionDelete, []storage.Object{standing("receipts", corev1.ClaimBound, ofClass(ptr.To("old"))), goes}, fate(false)},
		"that may lie in several regions":        {v1alpha1.DeletionDelete, []storage.Object{claim, aClass([][]string{{"norwayeast", "norwaywest"}})}, fate(false)},
		"that may lie anywhere":                  {v1alpha1.DeletionDelete, []storage.Object{claim, aClass(nil)}, fate(false)},
		"that never was: there is no volume yet": {v1alpha1.DeletionRetain, []storage.Object{unbound}, []storage.Fate{{What: "volume claim income.receipts"}}},
	} {
		t.Run(name, func(t *testing.T) {
			got := installed().Fates(storage.Owner{Code: "skd", Namespace: "so-skd", DeletionPolicy: tc.policy}, tc.standing)
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("fates (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEveryClusterKnowsTheKinds(t *testing.T) {
	for _, kind := range installed().Kinds() {
		if kind.CRD != "" {
			t.Errorf("%s needs %s", kind.Kind, kind.CRD)
		}
	}
}
