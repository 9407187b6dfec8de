// SPDX-License-Identifier: BSD-3-Clause

package app_test

import (
	"context"

	. "github.com/onsi/ginkgo/v2"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/uuid"
	clienttesting "k8s.io/client-go/testing"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"
	"sigs.k8s.io/controller-runtime/pkg/client/interceptor"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/apiserver"
)

// newQuickTenant is newTenant in a cluster that is played, for tables of hundreds of cases about what lies outside the
// cluster: nobody there checks or defaults what is written.
func newQuickTenant() *tenant {
	GinkgoHelper()
	t := newUnseeing()
	t.code, t.namespace = "quick", v1alpha1.NamespacePrefix+"quick"
	owner, agreement := readManifest("../../config/samples/serviceowner-skd.yaml", &v1alpha1.ServiceOwner{}), sampleAgreement(GinkgoTB(), t.code)
	owner.Name, owner.Status.Namespace = t.code, t.namespace
	// The tracker of that client's own choice keeps books of who manages which field, for half of the time all takes.
	tracker := clienttesting.NewObjectTracker(scheme, serializer.NewCodecFactory(scheme).UniversalDecoder())
	builder := fake.NewClientBuilder().WithScheme(scheme).WithObjectTracker(tracker).WithStatusSubresource(&v1alpha1.App{}).
		WithObjects(&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: t.namespace}}, owner, &agreement).
		WithInterceptorFuncs(interceptor.Funcs{Create: createAsServed, Update: updateAsServed})
	t.index(indexer{builder})
	t.api = builder.Build()
	t.view = &apiserver.View{Client: t.api}
	t.live = t.view
	t.employ()
	return t
}

// createAsServed gives an object what an API server does, and that client does not.
func createAsServed(ctx context.Context, cluster client.WithWatch, object client.Object, options ...client.CreateOption) error {
	object.SetUID(uuid.NewUUID())
	object.SetGeneration(1)
	object.SetCreationTimestamp(metav1.Now())
	return cluster.Create(ctx, object, options...)
}

// updateAsServed counts the generations of Apps.
func updateAsServed(ctx context.Context, cluster client.WithWatch, object client.Object, options ...client.UpdateOption) error {
	if edited, ok := object.(*v1alpha1.App); ok {
		var before v1alpha1.App
		if err := cluster.Get(ctx, client.ObjectKeyFromObject(edited), &before); err != nil {
			return err
		}
		if edited.Generation = before.Generation; !equality.Semantic.DeepEqual(before.Spec, edited.Spec) {
			edited.Generation++
		}
	}
	return cluster.Update(ctx, object, options...)
}

// indexer makes the indexes of a client that is being built.
type indexer struct{ builder *fake.ClientBuilder }

// IndexField implements client.FieldIndexer.
func (i indexer) IndexField(_ context.Context, object client.Object, field string, values client.IndexerFunc) error {
	i.builder.WithIndex(object, field, values)
	return nil
}
