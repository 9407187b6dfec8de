// SPDX-License-Identifier: BSD-3-Clause

package apply

import (
	"maps"
	"reflect"
	"slices"
)

// closed are the kinds whose content the server adds nothing to that we do not write ourselves: in
// them, anything we did not write was put there by somebody else. They are what isolation rests on.
var closed = []string{"CiliumNetworkPolicy", "ConfigMap", "LimitRange", "NetworkPolicy", "ResourceQuota", "RoleBinding"}

// unowned are the parts of an object we never write.
var unowned = []string{"apiVersion", "kind", "metadata", "status"}

// settled says whether live holds all that desired says: its metadata and every field of its
// content. In closed kinds it must hold nothing else; in others it may hold more fields (defaults,
// what other controllers set), but never more elements in a list.
func settled(desired, live map[string]any, yields []string) bool {
	if !metadataHolds(desired, live) {
		return false
	}
	if kind, _ := desired["kind"].(string); slices.Contains(closed, kind) {
		return reflect.DeepEqual(content(desired), content(live))
	}
	for key, want := range content(desired) {
		if key == "spec" {
			want = without(want, live["spec"], yields)
		}
		if !holds(want, live[key]) {
			return false
		}
	}
	return true
}

// content is what of an object can be ours.
func content(obj map[string]any) map[string]any {
	rest := maps.Clone(obj)
	for _, key := range unowned {
		delete(rest, key)
	}
	return rest
}

// without drops the yielded fields from a spec where live has a value for them that is not zero.
func without(want, live any, yields []string) any {
	spec, isMap := want.(map[string]any)
	have, hasMap := live.(map[string]any)
	if !isMap || !hasMap || len(yields) == 0 {
		return want
	}
	rest := maps.Clone(spec)
	maps.DeleteFunc(rest, func(key string, _ any) bool {
		return slices.Contains(yields, key) && !isZero(have[key])
	})
	return rest
}

func isZero(value any) bool {
	return value == nil || reflect.ValueOf(value).IsZero()
}

// metadataHolds says whether live carries our labels, annotations and owner.
func metadataHolds(desired, live map[string]any) bool {
	want, _ := desired["metadata"].(map[string]any)
	have, _ := live["metadata"].(map[string]any)
	return holds(want["labels"], have["labels"]) && holds(want["annotations"], have["annotations"]) &&
		ownersHold(want["ownerReferences"], have["ownerReferences"])
}

// ownersHold says whether every owner we name is among live's.
func ownersHold(want, have any) bool {
	wanted, _ := want.([]any)
	present, _ := have.([]any)
	for _, owner := range wanted {
		if !slices.ContainsFunc(present, func(o any) bool { return holds(owner, o) }) {
			return false
		}
	}
	return true
}

// holds says whether have contains everything want says: maps may have more keys, lists must have
// the same length, since a further element of a list is a change of meaning (one more container,
// one more peer let in).
func holds(want, have any) bool {
	switch want := want.(type) {
	case nil:
		return true
	case map[string]any:
		have, ok := have.(map[string]any)
		if !ok {
			return len(want) == 0
		}
		for key, value := range want {
			if !holds(value, have[key]) {
				return false
			}
		}
		return true
	case []any:
		have, _ := have.([]any)
		if len(want) != len(have) {
			return false
		}
		for i := range want {
			if !holds(want[i], have[i]) {
				return false
			}
		}
		return true
	default:
		return equalScalar(want, have)
	}
}

// equalScalar compares leaves. A zero that the server left out is still the zero we wrote.
func equalScalar(want, have any) bool {
	if have == nil {
		return isZero(want)
	}
	return reflect.DeepEqual(want, have)
}

// merged returns live with our content in the place of its own: what we render is replaced whole,
// so that nothing foreign survives inside it; what we do not render (status, other people's labels
// and annotations, the server's allocations) stays.
func merged(desired, live map[string]any, yields []string) map[string]any {
	result := maps.Clone(live)
	if kind, _ := desired["kind"].(string); slices.Contains(closed, kind) {
		maps.DeleteFunc(result, func(key string, _ any) bool { return !slices.Contains(unowned, key) })
	}
	for key, want := range content(desired) {
		result[key] = want
		if key == "spec" {
			result[key] = withKept(without(want, live["spec"], yields), live["spec"], yields)
		}
	}
	result["metadata"] = mergedMetadata(desired["metadata"], live["metadata"])
	return result
}

// kept are fields of a spec that the server allocates once and will not let go of.
var kept = []string{"clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy", "finalizers"}

// withKept fills in from live the fields that were yielded or allocated.
func withKept(want, live any, yields []string) any {
	spec, isMap := want.(map[string]any)
	have, hasMap := live.(map[string]any)
	if !isMap || !hasMap {
		return want
	}
	result := maps.Clone(spec)
	for _, key := range slices.Concat(kept, yields) {
		value, present := have[key]
		if _, written := result[key]; present && !written {
			result[key] = value
		}
	}
	return result
}

// mergedMetadata keeps everything live has and adds or overwrites our labels, annotations, owners.
func mergedMetadata(desired, live any) map[string]any {
	want, _ := desired.(map[string]any)
	have, _ := live.(map[string]any)
	result := map[string]any{}
	maps.Copy(result, have)
	for _, key := range []string{"labels", "annotations"} {
		all := map[string]any{}
		theirs, _ := have[key].(map[string]any)
		ours, _ := want[key].(map[string]any)
		maps.Copy(all, theirs)
		maps.Copy(all, ours)
		result[key] = all
	}
	if owners, _ := want["ownerReferences"].([]any); !ownersHold(owners, have["ownerReferences"]) {
		theirs, _ := have["ownerReferences"].([]any)
		result["ownerReferences"] = slices.Concat(withoutOwners(theirs, owners), owners)
	}
	return result
}

// withoutOwners drops those that owners names too, by UID: one that names a controller twice is
// refused by the API server.
func withoutOwners(theirs, owners []any) []any {
	return slices.DeleteFunc(slices.Clone(theirs), func(other any) bool {
		return slices.ContainsFunc(owners, func(ours any) bool { return uidOf(ours) == uidOf(other) })
	})
}

func uidOf(owner any) any {
	reference, _ := owner.(map[string]any)
	return reference["uid"]
}
