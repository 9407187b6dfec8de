// SPDX-License-Identifier: BSD-3-Clause

package observe

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/fluxcd/cli-utils/pkg/kstatus/status"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
)

// State is how a child is.
type State int

// States, from best to worst.
const (
	// Current: it is what it should be.
	Current State = iota
	// InProgress: the cluster is at work on it, or it is not there yet.
	InProgress
	// Failed: it says that it failed.
	Failed
)

// Health is how one child is.
type Health struct {
	// Child is the object.
	Child v1alpha1.Child
	// State is how it is.
	State State
	// Message is what a failed child says of itself.
	Message string
	// Object is the child as it was looked at; nil when it is not there.
	Object client.Object
}

// statusless are kinds that are what they should be as soon as they are there.
var statusless = []string{"ConfigMap", "Secret", "ServiceAccount", "RoleBinding", "NetworkPolicy", "LimitRange", "ResourceQuota", "ControllerRevision"}

// Children looks at each child of the inventory: at the API server's answer if it was just written,
// since the cache may still hold what was rolled out before; else at the cache. An error means that
// nothing is known.
func Children(ctx context.Context, cluster client.Reader, scheme *runtime.Scheme, inventory []v1alpha1.Child, answers map[v1alpha1.Child]client.Object) ([]Health, error) {
	healths := make([]Health, 0, len(inventory))
	for _, ref := range inventory {
		obj := answers[ref]
		if obj == nil {
			var err error
			if obj, err = cached(ctx, cluster, scheme, ref); err != nil {
				return nil, fmt.Errorf("observing %s %s: %w", ref.Kind, ref.Name, err)
			}
		}
		state, message, err := judge(obj, ref)
		if err != nil {
			return nil, err
		}
		healths = append(healths, Health{Child: ref, State: state, Message: message, Object: obj})
	}
	return healths, nil
}

// cached returns a child as the cache holds it; nil when it is not there.
func cached(ctx context.Context, cluster client.Reader, scheme *runtime.Scheme, ref v1alpha1.Child) (client.Object, error) {
	obj, err := apply.Empty(ref, scheme)
	if err != nil {
		return nil, err
	}
	err = cluster.Get(ctx, client.ObjectKeyFromObject(obj), obj)
	var unwatched *cache.ErrResourceNotCached
	if apierrors.IsNotFound(err) || errors.As(err, &unwatched) { // see apply: made under another configuration
		return nil, nil
	}
	return obj, err
}

// judge asks kstatus, for the kinds that have a status.
func judge(obj client.Object, ref v1alpha1.Child) (State, string, error) {
	if obj == nil || obj.GetDeletionTimestamp() != nil {
		return InProgress, "", nil
	}
	if slices.Contains(statusless, ref.Kind) {
		return Current, "", nil
	}
	plain, err := runtime.DefaultUnstructuredConverter.ToUnstructured(obj)
	if err != nil {
		return Failed, "", fmt.Errorf("converting %s %s: %w", ref.Kind, ref.Name, err)
	}
	plain = maps.Clone(plain) // of an unstructured object it is the object's own
	plain["apiVersion"], plain["kind"] = ref.APIVersion, ref.Kind
	result, err := status.Compute(&unstructured.Unstructured{Object: plain})
	if err != nil {
		return Failed, "", fmt.Errorf("computing the status of %s %s: %w", ref.Kind, ref.Name, err)
	}
	switch result.Status {
	case status.CurrentStatus:
		return Current, "", nil
	case status.FailedStatus:
		return Failed, result.Message, nil
	default:
		return InProgress, "", nil
	}
}
