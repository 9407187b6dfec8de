// SPDX-License-Identifier: BSD-3-Clause

package placement

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// indexes takes the indexes that Index asks for into a fake cluster.
type indexes struct{ builder *fake.ClientBuilder }

func (i indexes) IndexField(_ context.Context, obj client.Object, field string, extract client.IndexerFunc) error {
	i.builder.WithIndex(obj, field, extract)
	return nil
}

// newCluster is a fake cluster that holds these.
func newCluster(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	if err := Index(t.Context(), indexes{builder}); err != nil {
		t.Fatal(err)
	}
	return builder.Build()
}

func aNode(name, region string) *corev1.Node {
	node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Name: name}}
	if region != "" {
		node.Labels = map[string]string{corev1.LabelTopologyRegion: region}
	}
	return node
}

func aPod(namespace, app, name, node string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name, Labels: map[string]string{v1alpha1.LabelName: app}},
		Spec:       corev1.PodSpec{NodeName: node, Containers: []corev1.Container{{Name: "app", Image: "secret"}}},
	}
}

// aVolume is bound in a namespace; its region is told by its label, or by the nodes that can mount it.
func aVolume(name, namespace, label string, mountable ...string) *corev1.PersistentVolume {
	volume := &corev1.PersistentVolume{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: map[string]string{corev1.LabelTopologyRegion: label}}}
	if namespace != "" {
		volume.Spec.ClaimRef = &corev1.ObjectReference{Namespace: namespace, Name: "claim"}
	}
	if len(mountable) > 0 {
		volume.Spec.NodeAffinity = &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{
			MatchExpressions: []corev1.NodeSelectorRequirement{
				{Key: corev1.LabelTopologyRegion, Operator: corev1.NodeSelectorOpIn, Values: mountable},
				{Key: corev1.LabelHostname, Operator: corev1.NodeSelectorOpIn, Values: []string{"a"}},
			},
		}}}}
	}
	return volume
}

// spread is a cluster with two service owners' pods and volumes.
func spread(t *testing.T) client.WithWatch {
	return newCluster(t,
		aNode("near", "norwayeast"), aNode("far", "eastus"), aNode("somewhere", ""),
		aPod("so-skd", "income", "income-1", "near"), aPod("so-skd", "income", "income-2", "near"), aPod("so-skd", "income", "income-3", "somewhere"),
		aPod("so-skd", "tax", "tax-1", "far"), aPod("so-skd", "tax", "tax-2", ""), aPod("so-skd", "tax", "tax-3", "gone"),
		aPod("so-nav", "income", "income-1", "far"),
		aVolume("labelled", "so-skd", "westeurope"), aVolume("mountable", "so-skd", "", "swedencentral", "norwayeast"),
		aVolume("foreign", "so-nav", "eastus"), aVolume("free", "", "eastus"),
	)
}

func TestPlaces(t *testing.T) {
	cluster := spread(t)
	app := func(name string) func() ([]gate.Place, error) {
		return func() ([]gate.Place, error) {
			return OfApp(t.Context(), cluster, &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: "so-skd", Name: name}})
		}
	}
	for name, tc := range map[string]struct {
		read func() ([]gate.Place, error)
		want []gate.Place
	}{
		"of an App are its nodes, each once, but for those that do not tell": {app("income"), []gate.Place{{What: "node near", Region: "norwayeast"}}},
		"of an App are its own pods' only":                                   {app("tax"), []gate.Place{{What: "node far", Region: "eastus"}}},
		"of an App without pods are none":                                    {app("other"), nil},
		"of a service owner are all nodes and volumes of its namespace": {
			func() ([]gate.Place, error) { return OfOwner(t.Context(), cluster, "so-skd") },
			[]gate.Place{{What: "node far", Region: "eastus"}, {What: "node near", Region: "norwayeast"}, {What: "volume labelled", Region: "westeurope"},
				{What: "volume mountable", Region: "norwayeast"}, {What: "volume mountable", Region: "swedencentral"}},
		},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := tc.read()
			if diff := cmp.Diff(tc.want, got); diff != "" || err != nil {
				t.Errorf("error %v, places (-want +got):\n%s", err, diff)
			}
		})
	}
}

func TestPlacesThatCannotBeReadAreNotNone(t *testing.T) {
	broken := interceptor.NewClient(spread(t), interceptor.Funcs{
		Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return errors.New("no answer")
		},
	})
	if places, err := OfOwner(t.Context(), broken, "so-skd"); err == nil {
		t.Errorf("an unreadable node is told as %v", places)
	}
}

func TestStripKeepsWhereAPodIsAndWhose(t *testing.T) {
	stripped, err := Strip(aPod("so-skd", "income", "income-1", "near"))
	if err != nil {
		t.Fatal(err)
	}
	want := &corev1.Pod{ObjectMeta: aPod("so-skd", "income", "income-1", "").ObjectMeta, Spec: corev1.PodSpec{NodeName: "near"}}
	if diff := cmp.Diff(want, stripped); diff != "" {
		t.Errorf("pod (-want +got):\n%s", diff)
	}
	if kept, err := Strip("a tombstone"); kept != "a tombstone" || err != nil {
		t.Error("what is no pod must pass as it is")
	}
}

func TestWhoIsWokenByAMove(t *testing.T) {
	watches := Watches{
		Cluster: spread(t),
		Allowed: []v1alpha1.Region{"norwayeast"},
		Concerned: func(pod *corev1.Pod) reconcile.Request {
			return reconcile.Request{NamespacedName: client.ObjectKey{Namespace: pod.Namespace, Name: pod.Labels[v1alpha1.LabelName]}}
		},
	}
	moved := func(from, to client.Object) event.UpdateEvent {
		return event.UpdateEvent{ObjectOld: from, ObjectNew: to}
	}
	for name, tc := range map[string]struct{ got, want bool }{
		"a pod that came to a node":                        {PodMoves().Update(moved(aPod("a", "b", "c", ""), aPod("a", "b", "c", "near"))), true},
		"a pod that stays":                                 {PodMoves().Update(moved(aPod("a", "b", "c", "near"), aPod("a", "b", "c", "near"))), false},
		"a node that comes where it may":                   {watches.NodeMoves().Create(event.CreateEvent{Object: aNode("a", "norwayeast")}), false},
		"a node that comes where it may not":               {watches.NodeMoves().Create(event.CreateEvent{Object: aNode("a", "eastus")}), true},
		"a node that goes from where it may not be":        {watches.NodeMoves().Delete(event.DeleteEvent{Object: aNode("a", "eastus")}), true},
		"a node that is found to lie elsewhere":            {watches.NodeMoves().Update(moved(aNode("a", "norwayeast"), aNode("a", "eastus"))), true},
		"a node that is put right":                         {watches.NodeMoves().Update(moved(aNode("a", "eastus"), aNode("a", "norwayeast"))), true},
		"a node that lies wrong still, and is news before": {watches.NodeMoves().Update(moved(aNode("a", "eastus"), aNode("a", "eastus"))), false},
		"a volume that is bound":                           {VolumeMoves().Update(moved(aVolume("a", "", ""), aVolume("a", "so-skd", ""))), true},
		"a volume that stays":                              {VolumeMoves().Update(moved(aVolume("a", "so-skd", "x"), aVolume("a", "so-skd", "x"))), false},
	} {
		if tc.got != tc.want {
			t.Errorf("%s: told %v, not %v", name, tc.got, tc.want)
		}
	}
	for node, want := range map[string]string{"near": "[so-skd/income so-skd/income]", "far": "[so-nav/income so-skd/tax]", "none": "[]"} {
		if got := fmt.Sprint(watches.onNode(t.Context(), aNode(node, "x"))); got != want {
			t.Errorf("node %s concerns %s, not %s", node, got, want)
		}
	}
	for node, want := range map[string]int{"near": 0, "somewhere": 0, "far": 1, "": 0} {
		if got := watches.ofPod(t.Context(), aPod("so-skd", "tax", "tax-1", node)); len(got) != want {
			t.Errorf("a pod on node %q wakes %v", node, got)
		}
	}
}
