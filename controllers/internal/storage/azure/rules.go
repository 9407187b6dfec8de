// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// Judge implements storage.Provider, by the condition Ready that ASO keeps on each object, and by where Azure says
// that things lie.
func (*provider) Judge(wanted []apply.Child, standing []storage.Object) storage.Report {
	report := storage.Report{Places: places(standing), Containers: containers(wanted, standing)}
	for _, child := range wanted {
		want, ours := plain(child.Object)
		if !ours {
			continue
		}
		findings, state := judge(want, find(want, standing))
		report.Findings = append(report.Findings, findings...)
		if state == underWay {
			report.Awaited = append(report.Awaited, called(want))
		}
	}
	return report
}

// state is whether somebody is at work on an object.
type state int

const (
	// settled: nobody is, for better or worse.
	settled state = iota
	// underWay: ASO is, or waits for what the object needs.
	underWay
)

// judge tells how one object is, by what stands of it, which may be nothing.
func judge(want, live *unstructured.Unstructured) ([]decide.Finding, state) {
	if live == nil {
		return nil, underWay
	}
	now := readyOf(live)
	if live.GetDeletionTimestamp() != nil {
		if now.failed() {
			return []decide.Finding{deleting(want, now)}, settled
		}
		return nil, underWay
	}
	findings := immovable(want, live)
	switch {
	case now.failed():
		return append(findings, troubleOf(want, now)), settled
	case now.status != metav1.ConditionTrue:
		return findings, underWay
	default:
		return append(findings, drifted(want, live)...), settled
	}
}

// ready is ASO's condition Ready, as far as it is about what the object says now.
type ready struct {
	status                    metav1.ConditionStatus
	severity, reason, message string
}

// severityError is what ASO calls a failure that it does not try again by itself; Warning is one that it does, and
// Info is none.
const (
	severityError   = "Error"
	severityWarning = "Warning"
)

// waits are ASO's reasons for waiting until another object stands. What is wrong with that one is said there.
var waits = []string{"WaitingForOwner", "ReferenceNotFound", "ConfigMapNotFound"}

// readyOf reads it. One about an earlier generation says nothing; but a lifecycle policy, which is written anew for
// each new container and works in days, goes on as it stood until something is wrong with it.
func readyOf(live *unstructured.Unstructured) ready {
	for _, entry := range list(live, "status", "conditions") {
		fields, _ := entry.(map[string]any)
		condition := &unstructured.Unstructured{Object: fields}
		current := number(condition, "observedGeneration") >= live.GetGeneration() ||
			live.GetKind() == lifecycleKind.Kind && text(condition, "status") == "True"
		if text(condition, "type") == "Ready" && current {
			return ready{
				status:   metav1.ConditionStatus(text(condition, "status")),
				severity: text(condition, "severity"), reason: text(condition, "reason"), message: text(condition, "message"),
			}
		}
	}
	return ready{status: metav1.ConditionUnknown}
}

// failed says whether something is wrong that does not pass once other objects stand.
func (r ready) failed() bool {
	return r.status == metav1.ConditionFalse && (r.severity == severityError || r.severity == severityWarning) &&
		!slices.Contains(waits, r.reason)
}

// limit is a finding about storage, by which a resource is not Ready and all goes on.
func limit(reason, message string, actor v1alpha1.Actor, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Limit, Part: v1alpha1.ConditionStorageReady, Reason: reason, Message: sentence(message), Actor: actor, Remedy: remedy,
	}
}

func sentence(words string) string { return strings.ToUpper(words[:1]) + words[1:] }

// deleting is a finding about what is being deleted and does not go.
func deleting(want *unstructured.Unstructured, now ready) decide.Finding {
	return limit(v1alpha1.ReasonStorageDeleting,
		fmt.Sprintf("%s is being deleted, and Azure does not let it go%s", called(want), said(now)), v1alpha1.ActorPlatform,
		"See in Azure what keeps it, as a lock or an immutable blob. It is made anew when it is gone")
}

// lasting are the kinds that keep data, or say where it lies.
var lasting = []string{groupKind.Kind, accountKind.Kind, vaultKind.Kind, containerKind.Kind}

// immovable tells what Azure never changes and is otherwise than declared. To delete and make anew would lose data,
// so nobody does.
func immovable(want, live *unstructured.Unstructured) []decide.Finding {
	if !slices.Contains(lasting, want.GetKind()) {
		return nil
	}
	var findings []decide.Finding
	for _, name := range fixed {
		declared, found := text(want, "spec", name), text(live, "spec", name)
		if found == "" || normalised(declared) == normalised(found) {
			continue
		}
		message := fmt.Sprintf("%s is declared with %s %s and has %s: Azure cannot change it", called(live), name, declared, found)
		remedy := "Undo the change, or move the data by hand to a new place and let the old one go"
		if name == "location" {
			message = fmt.Sprintf("%s is declared in %s and lies in %s: Azure cannot move it", called(live), declared, found)
			remedy = fmt.Sprintf("Set spec.region of the ServiceOwner back to %s, or move the data by hand and let the old place go", found)
		}
		findings = append(findings, limit(v1alpha1.ReasonStorageImmovable, message, v1alpha1.ActorPlatform, remedy))
	}
	return findings
}

// drifted tells of an object that stands where it is not kept as declared, or cannot be.
func drifted(want, live *unstructured.Unstructured) []decide.Finding {
	declared, found := text(want, "spec", "sku", "name"), text(live, "status", "sku", "name")
	switch {
	case want.GetKind() == accountKind.Kind && found != "" && found != declared:
		return []decide.Finding{warning(
			fmt.Sprintf("%s is kept as %s in Azure, and declared as %s", called(live), found, declared), v1alpha1.ActorPlatform,
			"Find out who changed it, and whether data was copied to where it must not be; set it back in Azure")}
	case want.GetKind() == containerKind.Kind && field(want, "spec", "immutableStorageWithVersioning", "enabled") == true:
		return []decide.Finding{warning(
			fmt.Sprintf("%s lets blobs be made immutable, and does not make them so: Azure Service Operator has no field for how long", called(live)),
			v1alpha1.ActorServiceOwner,
			"Let the App set an immutability policy on each blob it writes, or have the platform set one for the container in Azure")}
	}
	return nil
}

func warning(message string, actor v1alpha1.Actor, remedy string) decide.Finding {
	return decide.Finding{
		Effect: decide.Warn, Part: v1alpha1.ConditionStorageReady, Message: sentence(message), Actor: actor, Remedy: remedy,
	}
}
