// SPDX-License-Identifier: BSD-3-Clause

package serviceowner

import (
	"regexp"
	"strings"
	"unicode"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// syncPhase is how far Flux has come with one of its objects.
type syncPhase int

// Phases. What is not there yet, or of which Flux has not said how it fares, is under way.
const (
	syncUnderWay syncPhase = iota
	syncStands
	syncFailed
)

// sync is how Flux fares with one of its objects, by what it says of the spec as it is.
type sync struct {
	phase syncPhase
	// again says that Flux has begun anew, and not come to an end.
	again bool
	// reason and message are Flux's own, of what failed.
	reason, message string
	// revision is what was applied last; of a source, none.
	revision string
}

// fluxCondition is one of Flux's conditions. All it writes say of which generation they speak.
type fluxCondition struct {
	status          metav1.ConditionStatus
	reason, message string
}

// syncOf reads how Flux fares. While it does again what it has done before, as at each interval, what it said before
// holds: it is not known to be otherwise, and a status is written for news.
func syncOf(obj *unstructured.Unstructured) sync {
	if obj == nil || obj.GetDeletionTimestamp() != nil {
		return sync{}
	}
	now := sync{}
	now.revision, _, _ = unstructured.NestedString(obj.Object, "status", "lastAppliedRevision")
	ready := readySaid(obj)
	switch ready.status {
	case metav1.ConditionTrue:
		now.phase = syncStands
	case metav1.ConditionFalse:
		if !waitsForSource(ready) {
			now.phase, now.reason, now.message = syncFailed, ready.reason, ready.message
		}
	case metav1.ConditionUnknown:
		now.again = true
		if stoodBefore(obj) {
			now.phase = syncStands
		}
	}
	return now
}

// readySaid is whether Flux is done, in its words: a source that could not be fetched has failed until it could, also
// while that is tried again.
func readySaid(obj *unstructured.Unstructured) fluxCondition {
	if failed := conditionSaid(obj, "FetchFailed"); failed.status == metav1.ConditionTrue {
		failed.status = metav1.ConditionFalse
		return failed
	}
	return conditionSaid(obj, "Ready")
}

// waitsForSource says of a Kustomization whether all that is wrong is that its source has not been read yet.
func waitsForSource(ready fluxCondition) bool {
	return ready.reason == "ArtifactFailed" && strings.HasPrefix(ready.message, "Source ")
}

// stoodBefore says whether Flux has come to a good end with the spec as it is, and has found nothing new since: a
// source whose content it has, a Kustomization whose last revision it has applied.
func stoodBefore(obj *unstructured.Unstructured) bool {
	observed, _, _ := unstructured.NestedInt64(obj.Object, "status", "observedGeneration")
	if observed != obj.GetGeneration() {
		return false
	}
	_, fetched, _ := unstructured.NestedMap(obj.Object, "status", "artifact")
	applied, _, _ := unstructured.NestedString(obj.Object, "status", "lastAppliedRevision")
	attempted, _, _ := unstructured.NestedString(obj.Object, "status", "lastAttemptedRevision")
	return fetched || applied != "" && applied == attempted
}

// conditionSaid is what Flux says of the spec as it is, without a status when it says nothing; what it says of an
// earlier one is not said.
func conditionSaid(obj *unstructured.Unstructured, kind string) fluxCondition {
	conditions, _, _ := unstructured.NestedSlice(obj.Object, "status", "conditions")
	for _, each := range conditions {
		condition, _ := each.(map[string]any)
		generation, _ := condition["observedGeneration"].(int64)
		if condition["type"] != kind || generation != obj.GetGeneration() {
			continue
		}
		status, _ := condition["status"].(string)
		said := fluxCondition{status: metav1.ConditionStatus(status)}
		said.reason, _ = condition["reason"].(string)
		said.message, _ = condition["message"].(string)
		return said
	}
	return fluxCondition{}
}

// longestSaid is how many characters of Flux's words are kept: enough for a sentence or two.
const longestSaid = 300

const takenOut = "[…]" // stands where something was taken out

// What is taken out of Flux's words: they go to status, which many may read, and have to be the same each time the same
// thing is wrong.
var (
	userInfo  = regexp.MustCompile(`([a-z][a-z0-9+.-]*://)[^\s/@"'<>]+@`)
	queryText = regexp.MustCompile(`\?[^\s"'<>]+`)
	bearer    = regexp.MustCompile(`(?i)\b(bearer|basic)\s+\S+`)
	setting   = regexp.MustCompile(`(?i)\b([a-z_]*token|[a-z_]*secret|[a-z_]*password|[a-z_]*key|sig|[a-z_]*signature)\s*=\s*[^\s,;]+`)
	mailbox   = regexp.MustCompile(`[^\s@<>"'(),;:/]+@[^\s@<>"'(),;:/]+\.[a-z]+`)
	person    = regexp.MustCompile(`(^|[^0-9A-Fa-f])[0-9]{6}[ -]?[0-9]{5}($|[^0-9A-Fa-f])`)
	callID    = regexp.MustCompile(`(?i)[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}`)
	scratch   = regexp.MustCompile(`/tmp/[^/\s]+/?`)
	opaqueRun = regexp.MustCompile(`[A-Za-z0-9+/_=-]{32,}`)
)

// said is what Flux says of what failed, to be put at the end of a sentence.
func (s sync) said() string {
	words := strings.Join(strings.FieldsFunc(s.message, func(r rune) bool { return unicode.IsSpace(r) || unicode.IsControl(r) }), " ")
	words = apply.WithoutConnections(words)
	words = userInfo.ReplaceAllString(words, "$1")
	words = bearer.ReplaceAllString(words, takenOut)
	words = setting.ReplaceAllString(words, "$1="+takenOut)
	words = queryText.ReplaceAllString(words, "?"+takenOut)
	words = mailbox.ReplaceAllString(words, takenOut)
	words = person.ReplaceAllString(words, "$1"+takenOut+"$2")
	words = callID.ReplaceAllString(words, takenOut)
	words = scratch.ReplaceAllString(words, "")
	words = opaqueRun.ReplaceAllStringFunc(words, func(run string) string {
		if strings.ContainsFunc(run, unicode.IsUpper) && strings.ContainsFunc(run, unicode.IsLower) && strings.ContainsFunc(run, unicode.IsDigit) {
			return takenOut
		}
		return run
	})
	words = strings.TrimRight(words, " .,;:")
	if runes := []rune(words); len(runes) > longestSaid {
		words = string(runes[:longestSaid]) + "…"
	}
	if words == "" {
		return " (" + s.reason + ")"
	}
	return " (" + s.reason + "): " + words
}
