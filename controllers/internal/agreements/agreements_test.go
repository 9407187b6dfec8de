// SPDX-License-Identifier: BSD-3-Clause

package agreements

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/util/workqueue"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"
	"sigs.k8s.io/controller-runtime/pkg/event"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/configuration"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// indexes takes the indexes that Index asks for into a fake cluster.
type indexes struct{ builder *fake.ClientBuilder }

func (i indexes) IndexField(_ context.Context, obj client.Object, field string, extract client.IndexerFunc) error {
	i.builder.WithIndex(obj, field, extract)
	return nil
}

// newCluster is a fake cluster with the index, that holds these.
func newCluster(t *testing.T, objects ...client.Object) client.WithWatch {
	t.Helper()
	scheme := runtime.NewScheme()
	if err := v1alpha1.AddToScheme(scheme); err != nil {
		t.Fatal(err)
	}
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjects(objects...)
	if err := Index(t.Context(), indexes{builder}); err != nil {
		t.Fatal(err)
	}
	return builder.Build()
}

func anOwner(code string) *v1alpha1.ServiceOwner {
	return &v1alpha1.ServiceOwner{ObjectMeta: metav1.ObjectMeta{Name: code}}
}

func anAgreement(name, code string) *v1alpha1.DataProcessingAgreement {
	agreement := &v1alpha1.DataProcessingAgreement{ObjectMeta: metav1.ObjectMeta{Name: name}}
	agreement.Spec.ServiceOwner = v1alpha1.OrgCode(code)
	return agreement
}

func anApp(namespace, name string) *v1alpha1.App {
	return &v1alpha1.App{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

func aConsent(namespace, name string) *v1alpha1.ConsentResource {
	return &v1alpha1.ConsentResource{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name}}
}

// hundredOwners are owners o00 to o99, each with two agreements, two Apps and a ConsentResource, all
// named so that neither prefix nor order tells whose they are.
func hundredOwners() []client.Object {
	var objects []client.Object
	for n := range 100 {
		code := fmt.Sprintf("o%02d", n)
		objects = append(objects, anOwner(code), anAgreement(fmt.Sprintf("z-%d", n), code), anAgreement(fmt.Sprintf("a-%d", n), code),
			anApp("so-"+code, "income"), anApp("so-"+code, "tax"), aConsent("so-"+code, "income"))
	}
	return objects
}

// names of what was read of a holding.
func namesOf(holding gate.Holding) (owner string, agreements []string) {
	if holding.Owner != nil {
		owner = holding.Owner.Name
	}
	for _, agreement := range holding.Agreements {
		agreements = append(agreements, agreement.Name)
	}
	return owner, agreements
}

func TestOfReadsAnOwnersOwn(t *testing.T) {
	operator := &configuration.Operator{}
	cluster := newCluster(t, append(hundredOwners(), anAgreement("m", "gone"))...)
	for name, tc := range map[string]struct {
		code, owner string
		agreements  []string
	}{
		"agreements are those of the owner, sorted by name": {code: "o07", owner: "o07", agreements: []string{"a-7", "z-7"}},
		"an owner that is not there is nil":                 {code: "gone", agreements: []string{"m"}},
		"nobody has nothing":                                {code: ""},
	} {
		t.Run(name, func(t *testing.T) {
			holding, err := Of(t.Context(), cluster, tc.code, operator)
			if err != nil {
				t.Fatal(err)
			}
			owner, agreements := namesOf(holding)
			if diff := cmp.Diff(tc.agreements, agreements); diff != "" || owner != tc.owner {
				t.Errorf("owner %q, agreements (-want +got):\n%s", owner, diff)
			}
			if holding.Code != tc.code || holding.Operator != operator {
				t.Errorf("of %q, by %p", holding.Code, holding.Operator)
			}
		})
	}
}

func TestOfSortsWhateverOrderTheCacheHas(t *testing.T) {
	cluster := interceptor.NewClient(newCluster(t), interceptor.Funcs{
		List: func(_ context.Context, _ client.WithWatch, list client.ObjectList, _ ...client.ListOption) error {
			list.(*v1alpha1.DataProcessingAgreementList).Items = []v1alpha1.DataProcessingAgreement{
				*anAgreement("c", "skd"), *anAgreement("a", "skd"), *anAgreement("b", "skd")}
			return nil
		},
	})
	holding, err := Of(t.Context(), cluster, "skd", nil)
	if _, agreements := namesOf(holding); err != nil || !slices.Equal(agreements, []string{"a", "b", "c"}) {
		t.Errorf("agreements %v, %v", agreements, err)
	}
}

func TestWhatCannotBeReadIsAnError(t *testing.T) {
	for name, tc := range map[string]struct {
		unreadable interceptor.Funcs
		want       string
	}{
		"the owner": {interceptor.Funcs{Get: func(context.Context, client.WithWatch, client.ObjectKey, client.Object, ...client.GetOption) error {
			return errors.New("no informer")
		}}, "reading service owner skd: no informer"},
		"the agreements": {interceptor.Funcs{List: func(context.Context, client.WithWatch, client.ObjectList, ...client.ListOption) error {
			return errors.New("no index")
		}}, "reading the agreements of skd: no index"},
	} {
		t.Run(name, func(t *testing.T) {
			cluster := interceptor.NewClient(newCluster(t, anOwner("skd"), anAgreement("a", "skd")), tc.unreadable)
			if _, err := Of(t.Context(), cluster, "skd", nil); err == nil || err.Error() != tc.want {
				t.Errorf("error: want %q, got %v", tc.want, err)
			}
		})
	}
}

// woken are what an event of an object wakes, as namespace/name, sorted.
func woken(t *testing.T, wakes handler.EventHandler, obj client.Object) []string {
	t.Helper()
	queue := workqueue.NewTypedRateLimitingQueue(workqueue.DefaultTypedControllerRateLimiter[reconcile.Request]())
	defer queue.ShutDown()
	wakes.Create(t.Context(), event.CreateEvent{Object: obj}, queue)
	var found []string
	for queue.Len() > 0 {
		request, _ := queue.Get()
		found = append(found, request.String())
	}
	slices.Sort(found)
	return found
}

func TestEventsWakeWhatIsTheOwnersAndNothingElse(t *testing.T) {
	cluster := newCluster(t, append(hundredOwners(), anApp("default", "stray"), aConsent("default", "stray"))...)
	all := handler.EnqueueRequestsFromMapFunc(WakeAll(cluster))
	apps := WakeNamespace(cluster, func() client.ObjectList { return &v1alpha1.AppList{} })
	consents := WakeNamespace(cluster, func() client.ObjectList { return &v1alpha1.ConsentResourceList{} })
	own, ownApps := []string{"/a-7", "/z-7"}, []string{"so-o07/income", "so-o07/tax"}
	for name, tc := range map[string]struct {
		wakes handler.EventHandler
		obj   client.Object
		want  []string
	}{
		"an owner wakes its agreements":                         {all, anOwner("o07"), own},
		"an agreement wakes those with the same owner":          {all, anAgreement("new", "o07"), own},
		"an App wakes its owner's agreements":                   {all, anApp("so-o07", "new"), own},
		"a ConsentResource wakes its owner's agreements":        {all, aConsent("so-o07", "new"), own},
		"an App of nobody's wakes no agreement":                 {all, anApp("default", "stray"), nil},
		"an owner without agreements wakes none":                {all, anOwner("o7"), nil},
		"an agreement wakes its owner's Apps":                   {apps, anAgreement("a-7", "o07"), ownApps},
		"an owner wakes its Apps":                               {apps, anOwner("o07"), ownApps},
		"an agreement wakes its owner's ConsentResources":       {consents, anAgreement("a-7", "o07"), []string{"so-o07/income"}},
		"an owner wakes its ConsentResources":                   {consents, anOwner("o07"), []string{"so-o07/income"}},
		"an agreement with an owner that has none wakes no App": {apps, anAgreement("a", "o7"), nil},
		"an agreement wakes the owner it is with":               {WakeOwner(), anAgreement("a-7", "o07"), []string{"/o07"}},
		"also one that is not there":                            {WakeOwner(), anAgreement("a-7", "gone"), []string{"/gone"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(tc.want, woken(t, tc.wakes, tc.obj)); diff != "" {
				t.Errorf("woken (-want +got):\n%s", diff)
			}
		})
	}
}

func TestNewsIsWhatAnAgreementSays(t *testing.T) {
	before, status, spec := anAgreement("a", "skd"), anAgreement("a", "skd"), anAgreement("a", "skd")
	status.Status.ObservedGeneration, spec.Generation = 1, 2
	news := News()
	got := []bool{
		news.Create(event.CreateEvent{Object: before}), news.Delete(event.DeleteEvent{Object: before}),
		news.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: status}), news.Update(event.UpdateEvent{ObjectOld: before, ObjectNew: spec}),
	}
	if diff := cmp.Diff([]bool{true, true, false, true}, got); diff != "" {
		t.Errorf("create, delete, status, spec (-want +got):\n%s", diff)
	}
}
