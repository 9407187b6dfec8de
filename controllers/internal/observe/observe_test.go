// SPDX-License-Identifier: BSD-3-Clause

package observe

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	clientgoscheme "k8s.io/client-go/kubernetes/scheme"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

func knownKinds(t *testing.T) *runtime.Scheme {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := errors.Join(clientgoscheme.AddToScheme(scheme), v1alpha1.AddToScheme(scheme)); err != nil {
		t.Fatal(err)
	}
	return scheme
}

func meta(generation int64) metav1.ObjectMeta {
	return metav1.ObjectMeta{Name: "income", Namespace: "so-skd", Generation: generation}
}

// terminating is the metadata of an object that waits for somebody's finalizer.
func terminating() metav1.ObjectMeta {
	result := meta(1)
	result.Finalizers, result.DeletionTimestamp = []string{"theirs/finalizer"}, &metav1.Time{Time: metav1.Now().Time}
	return result
}

// deploymentOf returns a Deployment of two replicas, generation 2, in the given state.
func deploymentOf(status appsv1.DeploymentStatus) *appsv1.Deployment {
	return &appsv1.Deployment{ObjectMeta: meta(2), Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](2)}, Status: status}
}

// rolledOut is a Deployment's status when all is done.
func rolledOut() appsv1.DeploymentStatus {
	return appsv1.DeploymentStatus{
		ObservedGeneration: 2, Replicas: 2, UpdatedReplicas: 2, ReadyReplicas: 2, AvailableReplicas: 2,
		Conditions: []appsv1.DeploymentCondition{
			{Type: appsv1.DeploymentAvailable, Status: corev1.ConditionTrue},
			{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionTrue, Reason: "NewReplicaSetAvailable"},
		},
	}
}

// rollingOut is a Deployment's status on the way, changed as said.
func rollingOut(change func(*appsv1.DeploymentStatus)) appsv1.DeploymentStatus {
	status := rolledOut()
	change(&status)
	return status
}

func TestChildrenState(t *testing.T) {
	const deadline = `ReplicaSet "income-1" has timed out progressing.`
	for name, tc := range map[string]struct {
		obj     client.Object
		want    State
		message string
	}{
		"a Deployment nobody has looked at is in progress": {obj: deploymentOf(appsv1.DeploymentStatus{}), want: InProgress},
		"a Deployment whose new spec nobody has looked at is in progress": {
			obj: deploymentOf(rollingOut(func(s *appsv1.DeploymentStatus) { s.ObservedGeneration = 1 })), want: InProgress,
		},
		"a Deployment that makes pods is in progress": {
			obj: deploymentOf(rollingOut(func(s *appsv1.DeploymentStatus) { s.UpdatedReplicas = 1 })), want: InProgress,
		},
		"a Deployment whose pods are not ready is in progress": {
			obj: deploymentOf(rollingOut(func(s *appsv1.DeploymentStatus) { s.ReadyReplicas = 1 })), want: InProgress,
		},
		"a Deployment that takes old pods down is in progress": {
			obj: deploymentOf(rollingOut(func(s *appsv1.DeploymentStatus) { s.Replicas = 3 })), want: InProgress,
		},
		"a Deployment that is rolled out is current": {obj: deploymentOf(rolledOut()), want: Current},
		"a Deployment scaled to zero is current when its pods are gone": {
			obj: &appsv1.Deployment{ObjectMeta: meta(2), Spec: appsv1.DeploymentSpec{Replicas: ptr.To[int32](0)},
				Status: appsv1.DeploymentStatus{ObservedGeneration: 2, Conditions: rolledOut().Conditions}},
			want: Current,
		},
		"a Deployment past its deadline has failed and says why": {
			obj: deploymentOf(rollingOut(func(s *appsv1.DeploymentStatus) {
				s.ReadyReplicas = 0
				s.Conditions = []appsv1.DeploymentCondition{{Type: appsv1.DeploymentProgressing, Status: corev1.ConditionFalse,
					Reason: "ProgressDeadlineExceeded", Message: deadline}}
			})),
			want: Failed, message: "Progress deadline exceeded",
		},
		"a Deployment on its way out is in progress": {
			obj: &appsv1.Deployment{ObjectMeta: terminating(), Status: rolledOut()}, want: InProgress,
		},
		"a ConfigMap is current when it is there":      {obj: &corev1.ConfigMap{ObjectMeta: meta(0)}},
		"a ConfigMap on its way out is in progress":    {obj: &corev1.ConfigMap{ObjectMeta: terminating()}, want: InProgress},
		"a Secret is current when it is there":         {obj: &corev1.Secret{ObjectMeta: meta(0)}},
		"a ServiceAccount is current when it is there": {obj: &corev1.ServiceAccount{ObjectMeta: meta(0)}},
		"a RoleBinding is current when it is there":    {obj: &rbacv1.RoleBinding{ObjectMeta: meta(0)}},
		"a NetworkPolicy is current when it is there":  {obj: &networkingv1.NetworkPolicy{ObjectMeta: meta(1)}},
		"a LimitRange is current when it is there":     {obj: &corev1.LimitRange{ObjectMeta: meta(0)}},
		"a ResourceQuota is current before it counts":  {obj: &corev1.ResourceQuota{ObjectMeta: meta(0)}},
		"a Namespace is current when it is there":      {obj: &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: "so-skd"}}},
		"a Namespace on its way out is in progress": {
			obj: &corev1.Namespace{ObjectMeta: terminating(), Status: corev1.NamespaceStatus{Phase: corev1.NamespaceTerminating}}, want: InProgress,
		},
		"a Service inside the cluster is current when it is there": {
			obj: &corev1.Service{ObjectMeta: meta(0), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeClusterIP, ClusterIP: "10.0.0.1"}},
		},
		"a load balancer without an address is in progress": {
			obj: &corev1.Service{ObjectMeta: meta(0), Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer}}, want: InProgress,
		},
		"an autoscaler nobody has looked at is current": {obj: &autoscalingv2.HorizontalPodAutoscaler{ObjectMeta: meta(0)}},
		"a PodDisruptionBudget of the old spec is in progress": {
			obj: &policyv1.PodDisruptionBudget{ObjectMeta: meta(2), Status: policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 1}}, want: InProgress,
		},
		"a PodDisruptionBudget of this spec is current": {
			obj: &policyv1.PodDisruptionBudget{ObjectMeta: meta(2), Status: policyv1.PodDisruptionBudgetStatus{ObservedGeneration: 2}},
		},
		"an Ingress is current when it is there": {obj: &networkingv1.Ingress{ObjectMeta: meta(1)}},
		"one of our own kinds that says it is stalled has failed": {
			obj: &v1alpha1.App{ObjectMeta: meta(1), Status: v1alpha1.AppStatus{Status: v1alpha1.Status{ObservedGeneration: 1,
				Conditions: []metav1.Condition{{Type: v1alpha1.ConditionStalled, Status: metav1.ConditionTrue, Message: "stuck"}}}}},
			want: Failed, message: "stuck",
		},
		"one of our own kinds that nobody has seen is in progress": {
			obj:  &v1alpha1.App{ObjectMeta: meta(1), Status: v1alpha1.AppStatus{Status: v1alpha1.Status{ObservedGeneration: -1}}},
			want: InProgress,
		},
	} {
		t.Run(name, func(t *testing.T) {
			scheme := knownKinds(t)
			cluster := fake.NewClientBuilder().WithScheme(scheme).WithObjects(tc.obj).WithStatusSubresource(tc.obj).Build()
			ref := refTo(t, tc.obj, scheme)
			got, err := Children(t.Context(), cluster, scheme, []v1alpha1.Child{ref}, nil)
			if err != nil || len(got) != 1 {
				t.Fatalf("%d children, %v", len(got), err)
			}
			if got[0].Object == nil || got[0].Object.GetName() != ref.Name {
				t.Errorf("object: %v", got[0].Object)
			}
			got[0].Object = nil
			if diff := cmp.Diff(Health{Child: ref, State: tc.want, Message: tc.message}, got[0]); diff != "" {
				t.Errorf("health (-want +got):\n%s", diff)
			}
		})
	}
}

// refTo is how an inventory names an object.
func refTo(t *testing.T, obj client.Object, scheme *runtime.Scheme) v1alpha1.Child {
	t.Helper()
	gvk, err := apiutil.GVKForObject(obj, scheme)
	if err != nil {
		t.Fatal(err)
	}
	return v1alpha1.Child{APIVersion: gvk.GroupVersion().String(), Kind: gvk.Kind, Namespace: obj.GetNamespace(), Name: obj.GetName()}
}

func TestChildrenOrderAndAbsence(t *testing.T) {
	scheme := knownKinds(t)
	there, absent := &corev1.ConfigMap{ObjectMeta: meta(0)}, &corev1.Secret{ObjectMeta: meta(0)}
	cluster := fake.NewClientBuilder().WithScheme(scheme).WithObjects(there).Build()
	for name, tc := range map[string]struct {
		inventory []v1alpha1.Child
		want      []State
	}{
		"an empty inventory is an empty list, which is not the same as nobody having looked": {want: []State{}},
		"a child that is not there is in progress, whatever its kind": {
			inventory: []v1alpha1.Child{refTo(t, absent, scheme)}, want: []State{InProgress},
		},
		"children come in the order of the inventory": {
			inventory: []v1alpha1.Child{refTo(t, there, scheme), refTo(t, absent, scheme), refTo(t, there, scheme)},
			want:      []State{Current, InProgress, Current},
		},
	} {
		t.Run(name, func(t *testing.T) {
			healths, err := Children(t.Context(), cluster, scheme, tc.inventory, nil)
			if err != nil || healths == nil {
				t.Fatalf("%v, %v", healths, err)
			}
			got := []State{}
			for i, health := range healths {
				got = append(got, health.State)
				if health.Child != tc.inventory[i] || (health.Object == nil) != (health.State == InProgress) {
					t.Errorf("child %d: %v", i, health)
				}
			}
			if diff := cmp.Diff(tc.want, got); diff != "" {
				t.Errorf("states (-want +got):\n%s", diff)
			}
		})
	}
}

func TestChildrenThatNobodyWatchesAreNotThere(t *testing.T) {
	scheme := knownKinds(t)
	there := &corev1.ConfigMap{ObjectMeta: meta(0)}
	unwatched := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).WithObjects(there).Build(), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return &cache.ErrResourceNotCached{}
		},
	})
	got, err := Children(t.Context(), unwatched, scheme, []v1alpha1.Child{refTo(t, there, scheme)}, nil)
	if err != nil || len(got) != 1 || got[0].State != InProgress || got[0].Object != nil {
		t.Errorf("%v, %v", got, err)
	}
}

func TestChildrenThatCannotBeLookedAt(t *testing.T) {
	scheme := knownKinds(t)
	there, other := &corev1.ConfigMap{ObjectMeta: meta(0)}, &corev1.Secret{ObjectMeta: meta(0)}
	unreadable := interceptor.NewClient(fake.NewClientBuilder().WithScheme(scheme).WithObjects(there).Build(), interceptor.Funcs{
		Get: func(ctx context.Context, cluster client.WithWatch, key client.ObjectKey, obj client.Object, opts ...client.GetOption) error {
			if _, isSecret := obj.(*corev1.Secret); isSecret {
				return errors.New("no informer")
			}
			return cluster.Get(ctx, key, obj, opts...)
		},
	})
	for name, tc := range map[string]struct {
		inventory []v1alpha1.Child
		failure   string
	}{
		"one that cannot be read makes all of them not known": {
			inventory: []v1alpha1.Child{refTo(t, there, scheme), refTo(t, other, scheme)}, failure: "observing Secret income: no informer",
		},
		"one of a kind that is no object too": {
			inventory: []v1alpha1.Child{{APIVersion: "v1", Kind: "ListOptions", Name: "g"}}, failure: "observing ListOptions g: reading ListOptions g: not an object with metadata",
		},
	} {
		t.Run(name, func(t *testing.T) {
			healths, err := Children(t.Context(), unreadable, scheme, tc.inventory, nil)
			if err == nil || !strings.HasPrefix(err.Error(), tc.failure) || healths != nil {
				t.Errorf("want %q, got %v, %v", tc.failure, healths, err)
			}
		})
	}
}

func TestChildrenThatWereJustWritten(t *testing.T) {
	scheme := knownKinds(t)
	before := deploymentOf(rolledOut())
	answer := before.DeepCopy()
	answer.Generation = 3
	ref := refTo(t, before, scheme)
	cluster := fake.NewClientBuilder().WithScheme(scheme).WithObjects(before).WithStatusSubresource(before).Build()
	for name, tc := range map[string]struct {
		answers map[v1alpha1.Child]client.Object
		want    State
	}{
		"nothing was written: the cache tells":         {want: Current},
		"an answer goes before a cache that is behind": {answers: map[v1alpha1.Child]client.Object{ref: answer}, want: InProgress},
		"an answer about another child is no matter":   {answers: map[v1alpha1.Child]client.Object{{Kind: "Other"}: answer}, want: Current},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Children(t.Context(), cluster, scheme, []v1alpha1.Child{ref}, tc.answers)
			if err != nil || len(got) != 1 || got[0].State != tc.want {
				t.Errorf("want state %d, got %v, %v", tc.want, got, err)
			}
		})
	}
}
