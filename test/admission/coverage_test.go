// SPDX-License-Identifier: BSD-3-Clause

package admission

import (
	"fmt"
	"regexp"
	"sort"
	"strings"

	apiextensionsv1 "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
)

// refusalSeen is one reason the API server gave in this run.
type refusalSeen struct{ kind, field, message string }

// refusals are all that were expected and seen; tests of this package do not run in parallel.
var refusals []refusalSeen

// rulesNeverRefused returns an error that lists the CEL rules of the CRDs that no test of the run saw
// refuse anything. (That each also lets something through is proved by the full objects of testdata:
// see TestEveryFieldIsTakenIn.)
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
	if len(missing) == 0 {
		return nil
	}
	sort.Strings(missing)
	return fmt.Errorf("%d rules were never the reason of a refusal; add a refused case for each:\n%s",
		len(missing), strings.Join(missing, "\n"))
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
