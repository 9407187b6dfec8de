// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// refusalSeen is one reason the API server gave in this run.
type refusalSeen struct{ kind, field, message string }

// refusals are all that were expected and seen; tests of this package do not run in parallel.
var refusals []refusalSeen

// rulesNeverRefused returns an error that lists the CEL rules of the CRDs and policies that no test of
// the run saw refuse anything. (That each also lets something through is proved by the full objects of
// testdata, see TestEveryFieldIsTakenIn, and by the accepted cases of each policy.)
func rulesNeverRefused() error {
	var missing []string
	for _, r := range allResources {
		root, err := r.schema()
		if err != nil {
			return err
		}
		walk(root, "", func(path string, node apiextensionsv1.JSONSchemaProps) {
			for _, rule := range node.XValidations {
				if !r.wasRefused(path, rule) {
					missing = append(missing, fmt.Sprintf("%s %s: %s", r.kind, path, words(rule)))
				}
			}
		})
	}
	ofPolicies, err := validationsNeverRefused()
	if err != nil {
		return err
	}
	missing = append(missing, ofPolicies...)
	if len(missing) == 0 {
		return nil
	}
	sort.Strings(missing)
	return fmt.Errorf("%d rules were never the reason of a refusal; add a refused case for each:\n%s",
		len(missing), strings.Join(missing, "\n"))
}

// validationsNeverRefused lists the validations of the policies that refused nothing. An answer tells the
// policy by its name, and the validation by its message.
func validationsNeverRefused() ([]string, error) {
	objects, err := readObjects(policyFiles()...)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, object := range objects {
		validations, _, _ := unstructured.NestedSlice(object.Object, "spec", "validations")
		for _, validation := range validations {
			message, _, _ := unstructured.NestedString(validation.(obj), "messageExpression")
			says := words(apiextensionsv1.ValidationRule{MessageExpression: message})
			if !slices.ContainsFunc(refusals, func(seen refusalSeen) bool {
				return strings.Contains(seen.message, "'"+object.GetName()+"' with binding") && strings.Contains(seen.message, says)
			}) {
				missing = append(missing, object.GetName()+": "+says)
			}
		}
	}
	return missing, nil
}

func (r resource) wasRefused(path string, rule apiextensionsv1.ValidationRule) bool {
	for _, seen := range refusals {
		if seen.kind == r.kind && seen.field == path && strings.Contains(seen.message, words(rule)) {
			return true
		}
	}
	return false
}

var (
	literal     = regexp.MustCompile(`'([^']*)'`)
	placeholder = regexp.MustCompile(`%[sd]`)
)

// words returns the longest run of words that every message of the rule holds.
func words(rule apiextensionsv1.ValidationRule) string {
	if rule.MessageExpression == "" {
		return rule.Message
	}
	longest := ""
	for _, match := range literal.FindAllStringSubmatch(rule.MessageExpression, -1) {
		for _, piece := range placeholder.Split(match[1], -1) {
			if len(piece) > len(longest) {
				longest = piece
			}
		}
	}
	return longest
}

var index = regexp.MustCompile(`\[[^\]]*\]`)

// anyIndex makes a path of an object into one of its schema: spec.access[0].role is
// spec.access[*].role. The API server calls the object itself <nil>.
func anyIndex(field string) string {
	return index.ReplaceAllString(strings.TrimPrefix(field, "<nil>"), "[*]")
}
