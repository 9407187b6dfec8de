// SPDX-License-Identifier: BSD-3-Clause

package isolation

import (
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// mayMatch says whether a selector matches some of the pods that have these labels, and any others under foreign keys.
func mayMatch(selector labels.Selector, set labels.Set, foreign []string) bool {
	if len(foreign) == 0 {
		return selector.Matches(set)
	}
	return matches(selector, set, foreign, true)
}

// mustMatch says whether a selector matches all of those pods.
func mustMatch(selector labels.Selector, set labels.Set, foreign []string) bool {
	if len(foreign) == 0 {
		return selector.Matches(set)
	}
	return matches(selector, set, foreign, false)
}

// matches judges requirements on foreign keys all the same way.
func matches(selector labels.Selector, set labels.Set, foreign []string, met bool) bool { //nolint:revive // Two named callers say what the flag means.
	requirements, selectable := selector.Requirements()
	if !selectable {
		return false
	}
	for i := range requirements {
		switch {
		case slices.Contains(foreign, requirements[i].Key()):
			if !met {
				return false
			}
		case !requirements[i].Matches(set):
			return false
		}
	}
	return true
}

// choice is which values a label may have: those listed, or all but those listed, or none at all.
type choice struct {
	absent bool // the label may be missing
	but    bool // values are those left out
	values []string
}

var anything = choice{absent: true, but: true}

// choices are what a selector leaves of each label it speaks of. That is all of its meaning: it matches what has
// each label as chosen.
type choices map[string]choice

// hasName is what is true of every namespace: the API server sets the label and keeps it.
var hasName = func() labels.Requirements {
	requirement, err := labels.NewRequirement(corev1.LabelMetadataName, selection.Exists, nil)
	if err != nil {
		panic(err)
	}
	return labels.Requirements{*requirement}
}()

// choicesOf is the meaning of a selector; false when nothing can match it.
func choicesOf(selector labels.Selector) (choices, bool) {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return nil, false
	}
	all := choices{}
	for i := range requirements {
		required, known := choiceOf(&requirements[i])
		if !known {
			continue // a selector that is met by more contains nothing it should not; see covers
		}
		key := requirements[i].Key()
		left := all.of(key).and(required)
		if left.impossible() {
			return nil, false
		}
		all[key] = left
	}
	return all, true
}

// choiceOf is what one requirement leaves; false for operators that no policy has.
func choiceOf(requirement *labels.Requirement) (choice, bool) {
	values := slices.Compact(slices.Sorted(slices.Values(requirement.ValuesUnsorted())))
	switch requirement.Operator() {
	case selection.In, selection.Equals, selection.DoubleEquals:
		return choice{values: values}, true
	case selection.NotIn, selection.NotEquals:
		return choice{absent: true, but: true, values: values}, true // a label that is missing is not in any list
	case selection.Exists:
		return choice{but: true}, true
	case selection.DoesNotExist:
		return choice{absent: true}, true
	default:
		return choice{}, false
	}
}

func (c choices) of(key string) choice {
	if chosen, there := c[key]; there {
		return chosen
	}
	return anything
}

// and is what both choices leave.
func (c choice) and(other choice) choice {
	both := choice{absent: c.absent && other.absent}
	switch {
	case c.but && other.but:
		both.but = true
		both.values = slices.Compact(slices.Sorted(slices.Values(slices.Concat(c.values, other.values))))
	case c.but:
		both.values = except(other.values, c.values)
	case other.but:
		both.values = except(c.values, other.values)
	default:
		both.values = common(c.values, other.values)
	}
	return both
}

func (c choice) impossible() bool { return !c.absent && !c.but && len(c.values) == 0 }

// within says whether whatever this choice leaves, the other leaves too.
func (c choice) within(other choice) bool {
	switch {
	case c.absent && !other.absent:
		return false
	case c.but && !other.but:
		return false
	case c.but:
		return len(except(other.values, c.values)) == 0
	case other.but:
		return len(common(c.values, other.values)) == 0
	default:
		return len(except(c.values, other.values)) == 0
	}
}

func except(values, gone []string) []string {
	var left []string
	for _, value := range values {
		if !slices.Contains(gone, value) {
			left = append(left, value)
		}
	}
	return left
}

func common(a, b []string) []string {
	var both []string
	for _, value := range a {
		if slices.Contains(b, value) {
			both = append(both, value)
		}
	}
	return both
}

// covers says whether whatever has the choices matches the selector.
func covers(selector labels.Selector, inner choices) bool {
	requirements, selectable := selector.Requirements()
	if !selectable {
		return false
	}
	for i := range requirements {
		required, known := choiceOf(&requirements[i])
		if !known || !inner.of(requirements[i].Key()).within(required) {
			return false
		}
	}
	return true
}

// namesOf are the names of the only namespaces a selector can match; false when it does not say by name.
func namesOf(selector labels.Selector) ([]string, bool) {
	return valuesOf(selector, corev1.LabelMetadataName)
}

// valuesOf are the only values of a label a selector can match, each once; false when it does not list them.
func valuesOf(selector labels.Selector, key string) ([]string, bool) {
	requirements, _ := selector.Requirements()
	for i := range requirements {
		if requirements[i].Key() != key {
			continue
		}
		if chosen, known := choiceOf(&requirements[i]); known && !chosen.but && !chosen.absent {
			return chosen.values, true
		}
	}
	return nil, false
}
