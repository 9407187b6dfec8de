// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/yaml"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// receiptKey is where a receipt stands in its ConfigMap.
const receiptKey = "receipt.yaml"

// receipt says what became of what a service owner had, for whoever must show later that data was deleted or
// where it still lies (GDPR art. 5(2), 28(3)(g)). It holds no personal data and names nobody.
type receipt struct {
	ServiceOwner       string                      `json:"serviceOwner"`
	OrganizationNumber v1alpha1.OrganizationNumber `json:"organizationNumber"`
	DisplayName        v1alpha1.Text               `json:"displayName"`
	UID                types.UID                   `json:"uid"`
	DeletionPolicy     v1alpha1.DeletionPolicy     `json:"deletionPolicy"`
	RequestedAt        metav1.Time                 `json:"requestedAt"`
	// FinishedAt is when the deletion had come to its end; until then the rest says what is to be.
	FinishedAt *metav1.Time    `json:"finishedAt,omitempty"`
	Objects    []receiptObject `json:"objects"`
	Data       []receiptData   `json:"data"`
}

// receiptObject is an object that the operator made for the service owner.
type receiptObject struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace,omitempty"`
	Name      string `json:"name"`
}

// receiptData is what becomes of the data in one place.
type receiptData struct {
	What    string            `json:"what"`
	Where   string            `json:"where"`
	Regions []v1alpha1.Region `json:"regions"`
	Deleted bool              `json:"deleted"`
	Fate    string            `json:"fate"`
	// RecoverableDays is for how many days after its deletion data can be brought back, and KeptUntil when they
	// are over: counted from the request, and from the end once that is known, since it was deleted by then.
	RecoverableDays int32        `json:"recoverableDays,omitempty"`
	KeptUntil       *metav1.Time `json:"keptUntil,omitempty"`
}

// newReceipt is the receipt of a deletion that begins, with what the provider says becomes of the data.
func newReceipt(owner *v1alpha1.ServiceOwner, fates []storage.Fate) receipt {
	made := receipt{
		ServiceOwner: owner.Name, OrganizationNumber: owner.Spec.OrganizationNumber, DisplayName: owner.Spec.DisplayName.NB,
		UID: owner.UID, DeletionPolicy: owner.Spec.DeletionPolicy, Objects: []receiptObject{}, Data: []receiptData{},
	}
	if requested := owner.DeletionTimestamp; requested != nil {
		made.RequestedAt = metav1.NewTime(requested.UTC())
	}
	for _, ref := range owner.Status.Children {
		made.Objects = append(made.Objects, receiptObject{Kind: ref.Kind, Namespace: ref.Namespace, Name: ref.Name})
	}
	for _, fate := range fates {
		regions := append([]v1alpha1.Region{}, fate.Regions...)
		slices.Sort(regions)
		data := receiptData{What: fate.What, Where: fate.Where, Regions: regions, Fate: "stays in " + names(regions)}
		if fate.Deleted && !Retains(owner) { // under Retain nothing is deleted, whatever an object says of itself
			data.Deleted = true
			data.Fate, data.RecoverableDays = "deleted", fate.RecoverableDays
			data.KeptUntil = recoverable(data, made.RequestedAt)
		}
		made.Data = append(made.Data, data)
	}
	return joined(made, receipt{})
}

// recoverable is until when data that was deleted at an instant can be brought back; nil when it cannot.
func recoverable(data receiptData, deleted metav1.Time) *metav1.Time {
	if !data.Deleted || data.RecoverableDays == 0 {
		return nil
	}
	until := metav1.NewTime(deleted.AddDate(0, 0, int(data.RecoverableDays)))
	return &until
}

// joined is the first receipt and what only the second knows of: what was half gone when a pass looked was there
// when an earlier one did.
func joined(first, second receipt) receipt {
	for _, object := range second.Objects {
		if !slices.Contains(first.Objects, object) {
			first.Objects = append(first.Objects, object)
		}
	}
	for _, data := range second.Data {
		if !slices.ContainsFunc(first.Data, data.isOf) {
			first.Data = append(first.Data, data)
		}
	}
	slices.SortFunc(first.Objects, func(a, b receiptObject) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Namespace, b.Namespace), cmp.Compare(a.Name, b.Name))
	})
	slices.SortFunc(first.Data, func(a, b receiptData) int { return cmp.Or(cmp.Compare(a.What, b.What), cmp.Compare(a.Where, b.Where)) })
	return first
}

// isOf says whether two entries are of the same data.
func (d receiptData) isOf(other receiptData) bool {
	return d.What == other.What && d.Where == other.Where
}

// finished is a receipt of a deletion that has come to its end.
func finished(of receipt, at metav1.Time) receipt {
	of.FinishedAt = &at
	of.Data = slices.Clone(of.Data)
	for n, data := range of.Data {
		of.Data[n].KeptUntil = recoverable(data, at)
	}
	return of
}

// receiptName names the receipt of one deletion: a code can be given again, a UID is not.
func receiptName(owner *v1alpha1.ServiceOwner) string {
	return fmt.Sprintf("deletion-%s-%.8s", owner.Name, owner.UID)
}

// receiptConfig is a receipt as it is kept. One that is finished cannot be changed.
func receiptConfig(owner *v1alpha1.ServiceOwner, namespace string, of receipt) (*corev1.ConfigMap, error) {
	text, err := yaml.Marshal(of)
	if err != nil {
		return nil, fmt.Errorf("encoding the receipt of %s: %w", owner.Name, err)
	}
	config := &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: receiptName(owner), Labels: map[string]string{
			v1alpha1.LabelManagedBy: v1alpha1.ManagedBy, v1alpha1.LabelServiceOwner: owner.Name,
			v1alpha1.LabelReceipt: v1alpha1.ReceiptDeletion,
		}},
		Data: map[string]string{receiptKey: string(text)},
	}
	if of.FinishedAt != nil {
		immutable := true
		config.Immutable = &immutable
	}
	return config, nil
}

// names are regions as people read them.
func names(regions []v1alpha1.Region) string {
	texts := make([]string, 0, len(regions))
	for _, region := range regions {
		texts = append(texts, string(region))
	}
	if len(texts) == 0 {
		return "a region that is not known"
	}
	return strings.Join(texts, ", ")
}
