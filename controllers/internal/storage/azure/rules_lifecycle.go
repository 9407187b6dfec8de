// SPDX-License-Identifier: BSD-3-Clause

package azure

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/storage"
)

// What one account may have (Azure Storage, "Azure Blob Storage lifecycle management overview"): one policy, of so
// many rules, each for so many prefixes.
const (
	maxRules    = 100
	maxPrefixes = 10
)

// retention is after how many days what is in containers is deleted, by their names in Azure.
type retention map[string]int64

// lifecycleRules are when the blobs of an owner's containers are deleted. A container that is gone from the cluster
// while its data is kept goes on by what the standing policy says: data must not be kept for longer because nobody
// declares it any more (storage limitation, GDPR art. 5(1)(e)). The days count from when a blob, or a version of it,
// was made. Azure looks once a day, and what it deletes can be brought back for softDeleteDays more.
func (p *provider) lifecycleRules(owner storage.Owner, standing []storage.Object) ([]any, error) {
	all := retention{}
	if owner.DeletionPolicy != v1alpha1.DeletionDelete {
		for _, object := range ofKind(lifecycleKind.Kind, standing) {
			maps.Copy(all, retentionOf(object))
		}
	}
	for _, container := range ofKind(containerKind.Kind, standing) {
		if days := retentionDays(container); days > 0 {
			all[nameOf(container)] = days
		}
	}
	pattern, _ := list(p.bases["owner/lifecycle"], "spec", "policy", "rules")[0].(map[string]any)
	var rules []any
	for _, days := range slices.Compact(slices.Sorted(maps.Values(all))) {
		part := 0
		for names := range slices.Chunk(all.names(days), maxPrefixes) {
			part++
			rules = append(rules, rule(pattern, fmt.Sprintf("deleteAfter%dDaysPart%d", days, part), days, names))
		}
	}
	if len(rules) > maxRules {
		return nil, fmt.Errorf("storage account %s needs %d lifecycle rules for its containers, and Azure allows %d: use fewer different retentionDays",
			p.accountName(owner), len(rules), maxRules)
	}
	return rules, nil
}

// names are the containers that are kept for so many days, sorted.
func (r retention) names(days int64) []string {
	var names []string
	for name, kept := range r {
		if kept == days {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// rule is a copy of the pattern for containers. The slash keeps a rule for container a away from ab.
func rule(pattern map[string]any, name string, days int64, containers []string) any {
	made := &unstructured.Unstructured{Object: runtime.DeepCopyJSON(pattern)}
	prefixes := make([]any, 0, len(containers))
	for _, container := range containers {
		prefixes = append(prefixes, container+"/")
	}
	put(made, name, "name")
	put(made, prefixes, "definition", "filters", "prefixMatch")
	for _, what := range []string{"baseBlob", "version", "snapshot"} {
		put(made, days, "definition", "actions", what, "delete", "daysAfterCreationGreaterThan")
	}
	return made.Object
}

// retentionOf reads a policy back.
func retentionOf(policy *unstructured.Unstructured) retention {
	read := retention{}
	for _, entry := range list(policy, "spec", "policy", "rules") {
		fields, _ := entry.(map[string]any)
		made := &unstructured.Unstructured{Object: fields}
		days := number(made, "definition", "actions", "baseBlob", "delete", "daysAfterCreationGreaterThan")
		for _, prefix := range list(made, "definition", "filters", "prefixMatch") {
			name, _ := prefix.(string)
			if container, whole := strings.CutSuffix(name, "/"); whole && days > 0 {
				read[container] = days
			}
		}
	}
	return read
}

// retentionDays is after how many days what is in a container is deleted; 0 when it does not say.
func retentionDays(container *unstructured.Unstructured) int64 {
	days, err := strconv.ParseInt(container.GetAnnotations()[v1alpha1.AnnotationRetentionDays], 10, 32)
	if err != nil {
		return 0
	}
	return days
}

// ofKind are the objects of one of our kinds among those that stand.
func ofKind(kind string, standing []storage.Object) []*unstructured.Unstructured {
	var found []*unstructured.Unstructured
	for _, object := range standing {
		if there, ok := plain(object); ok && there.GetKind() == kind {
			found = append(found, there)
		}
	}
	return found
}

// nameOf is what an object is called in Azure.
func nameOf(object *unstructured.Unstructured) string {
	return cmp.Or(text(object, "spec", "azureName"), object.GetName())
}
