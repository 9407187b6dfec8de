// SPDX-License-Identifier: BSD-3-Clause

package consentresource_test

import (
	"context"
	"crypto/rsa"
	"encoding/base64"
	"math/big"
	"strings"
	"time"

	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// register runs one pass over a consent's registration, as the queue would, and reads the consent anew.
func (w *world) register(ctx context.Context, consent *v1alpha1.ConsentResource) (reconcile.Result, error) {
	GinkgoHelper()
	result, err := w.registrar.AsReconciler().Reconcile(ctx, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(consent)})
	if err != nil {
		w.said = append(w.said, err.Error())
	}
	w.read(ctx, consent)
	return result, err
}

// judge runs one pass of the consents' own controller, and reads the consent anew.
func (w *world) judge(ctx context.Context, consent *v1alpha1.ConsentResource) error {
	GinkgoHelper()
	_, err := w.engine.AsReconciler().Reconcile(ctx, reconcile.Request{NamespacedName: client.ObjectKeyFromObject(consent)})
	if err != nil {
		w.said = append(w.said, err.Error())
	}
	w.read(ctx, consent)
	return err
}

func (w *world) read(ctx context.Context, consent *v1alpha1.ConsentResource) {
	GinkgoHelper()
	if w.gone(ctx, consent) {
		return
	}
	w.said = append(w.said, written(consent.Status))
}

// pass runs one pass of each, and both must go through.
func (w *world) pass(ctx context.Context, consent *v1alpha1.ConsentResource) reconcile.Result {
	GinkgoHelper()
	result, err := w.register(ctx, consent)
	Expect(err).NotTo(HaveOccurred())
	Expect(w.judge(ctx, consent)).To(Succeed())
	return result
}

// settle runs passes until nothing is left to do, moving the clock to when the queue is told to call again.
// After each, whoever wants to may look.
func (w *world) settle(ctx context.Context, consent *v1alpha1.ConsentResource, look func()) {
	GinkgoHelper()
	for range 12 {
		result, err := w.register(ctx, consent)
		if !w.gone(ctx, consent) {
			Expect(w.judge(ctx, consent)).To(Succeed())
		}
		if look != nil {
			look()
		}
		settled := err == nil && (result.RequeueAfter == 0 || result.RequeueAfter >= w.registrar.Resync)
		if settled {
			return
		}
		w.clock.Step(max(result.RequeueAfter, time.Second))
	}
	Fail("it does not settle: " + written(consent.Status))
}

// declare applies a consent with changes, which is cleared away with its spec.
func (w *world) declare(ctx context.Context, changes ...func(*v1alpha1.ConsentResource)) *v1alpha1.ConsentResource {
	GinkgoHelper()
	consent := w.consent.DeepCopy()
	for _, change := range changes {
		change(consent)
	}
	Expect(w.api.Create(ctx, consent)).To(Succeed())
	return consent
}

// clear takes a consent away, whatever there is of it outside.
func (w *world) clear(ctx context.Context, consent *v1alpha1.ConsentResource) {
	GinkgoHelper()
	if w.gone(ctx, consent) {
		return
	}
	if len(consent.Finalizers) > 0 {
		before := consent.DeepCopy()
		consent.Finalizers = nil
		Expect(client.IgnoreNotFound(w.api.Patch(ctx, consent, client.MergeFrom(before)))).To(Succeed())
	}
	Expect(client.IgnoreNotFound(w.api.Delete(ctx, consent))).To(Succeed())
}

// wantReady wants Ready to be True, or of a reason.
func wantReady(consent *v1alpha1.ConsentResource, reason string) {
	GinkgoHelper()
	ready := meta.FindStatusCondition(consent.Status.Conditions, v1alpha1.ConditionReady)
	Expect(ready).NotTo(BeNil())
	Expect(ready.Reason).To(Equal(reason), ready.Message)
	if reason == v1alpha1.ReasonReady {
		Expect(ready.Status).To(Equal(metav1.ConditionTrue))
	} else {
		Expect(ready.Status).NotTo(Equal(metav1.ConditionTrue))
	}
}

func isReady(consent *v1alpha1.ConsentResource) bool {
	return meta.IsStatusConditionTrue(consent.Status.Conditions, v1alpha1.ConditionReady) && consent.Status.ObservedGeneration == consent.Generation
}

// wantNoSecrets wants nothing that was said to hold a token, a part of the key or a query.
func (w *world) wantNoSecrets() {
	GinkgoHelper()
	w.newEvents()
	private, ok := operatorKey().Key.(*rsa.PrivateKey)
	Expect(ok).To(BeTrue())
	secrets := []string{"eyJ", "assertion=", "grant_type", "Bearer", "?", "BEGIN"}
	for _, part := range append([]*big.Int{private.D}, private.Primes...) {
		secrets = append(secrets, base64.RawURLEncoding.EncodeToString(part.Bytes())[:40])
	}
	for _, text := range w.said {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				Fail("what must not be seen, " + secret + ", is in: " + text)
			}
		}
	}
}
