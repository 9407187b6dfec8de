// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	"context"
	"fmt"

	"k8s.io/apimachinery/pkg/runtime/schema"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/controller"
	"sigs.k8s.io/controller-runtime/pkg/handler"
	"sigs.k8s.io/controller-runtime/pkg/predicate"
	"sigs.k8s.io/controller-runtime/pkg/reconcile"
	"sigs.k8s.io/controller-runtime/pkg/source"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/engine"
)

// New makes a provider's storage for one controller, which Watch must be called with.
func New(provider Provider, name string, mgr ctrl.Manager) *Storage {
	optionals := map[schema.GroupVersionKind]*engine.Optional{}
	for _, kind := range provider.Kinds() {
		optionals[kind.GroupVersionKind] = &engine.Optional{Kind: kind.GroupVersionKind, CRD: kind.CRD, Mapper: mgr.GetRESTMapper()}
	}
	return &Storage{
		Provider: provider, Name: name, Scheme: mgr.GetScheme(), optionals: optionals,
		Known: func(kind schema.GroupVersionKind) bool { return optionals[kind].Known() },
	}
}

// Watch makes a controller watch the provider's kinds: those the cluster knows now, the others when it comes to
// know them. news maps an event to who is concerned, all is asked whom a new kind concerns.
func (s *Storage) Watch(mgr ctrl.Manager, of controller.Controller, news handler.EventHandler, all func(context.Context) []reconcile.Request, filters ...predicate.Predicate) error {
	for _, kind := range s.Kinds() {
		version, name := kind.ToAPIVersionAndKind()
		obj, err := apply.Empty(v1alpha1.Child{APIVersion: version, Kind: name}, s.Scheme)
		if err != nil {
			return err
		}
		events := source.Kind[client.Object](mgr.GetCache(), obj, news, filters...)
		if kind.CRD == "" {
			err = of.Watch(events)
		} else {
			err = s.optionals[kind.GroupVersionKind].Watch(of, mgr.GetCache(), events, all)
		}
		if err != nil {
			return fmt.Errorf("watching %s: %w", kind.Kind, err)
		}
	}
	return nil
}
