// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/apiutil"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// answerWithin is how long the API server may take to answer one request.
const answerWithin = 20 * time.Second

// connect makes a client by the rules of kubectl: the flag, else KUBECONFIG, else the file at home,
// else the pod's own account. It asks the server nothing yet.
func connect(kubeconfig, context string) (client.Reader, error) {
	rules := clientcmd.NewDefaultClientConfigLoadingRules()
	rules.ExplicitPath = kubeconfig
	loader := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, &clientcmd.ConfigOverrides{CurrentContext: context})
	if err := checkContext(loader, context); err != nil {
		return nil, err
	}
	config, err := loader.ClientConfig()
	if clientcmd.IsEmptyConfig(err) {
		return nil, fmt.Errorf("no kubeconfig was found: name one with --kubeconfig, or set KUBECONFIG")
	}
	if err != nil {
		return nil, fmt.Errorf("reading the kubeconfig: %w", err)
	}
	config.Timeout = answerWithin
	config.WarningHandler = rest.NoWarnings{}
	reader, err := newReader(config)
	if err != nil {
		return nil, fmt.Errorf("making a client: %w", err)
	}
	return reader, nil
}

// newReader makes a client that asks the server only how kinds are reached that are not among those of kinds.
func newReader(config *rest.Config) (client.Reader, error) {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{v1alpha1.AddToScheme, corev1.AddToScheme, appsv1.AddToScheme, networkingv1.AddToScheme} {
		if err := add(scheme); err != nil {
			return nil, err
		}
	}
	connections, err := rest.HTTPClientFor(config)
	if err != nil {
		return nil, err
	}
	others, err := apiutil.NewDynamicRESTMapper(config, connections)
	if err != nil {
		return nil, err
	}
	mapper := meta.FirstHitRESTMapper{MultiRESTMapper: meta.MultiRESTMapper{kinds(), others}}
	return client.New(config, client.Options{Scheme: scheme, Mapper: mapper, HTTPClient: connections})
}

// checkContext names the contexts there are when the one asked for is none of them.
func checkContext(loader clientcmd.ClientConfig, context string) error {
	if context == "" {
		return nil
	}
	raw, err := loader.RawConfig()
	if err != nil {
		return fmt.Errorf("reading the kubeconfig: %w", err)
	}
	if _, ok := raw.Contexts[context]; ok {
		return nil
	}
	if len(raw.Contexts) == 0 {
		return usageError{fmt.Errorf("--context %q is not in the kubeconfig: it has no contexts", context)}
	}
	known := strings.Join(slices.Sorted(maps.Keys(raw.Contexts)), ", ")
	return usageError{fmt.Errorf("--context %q is not in the kubeconfig: say one of %s", context, known)}
}

// kinds says how the four kinds are reached, and what proofs are made from, so that the server need not be asked
// first.
func kinds() meta.RESTMapper {
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{v1alpha1.GroupVersion})
	for kind, scope := range map[string]meta.RESTScope{
		"ServiceOwner": meta.RESTScopeRoot, "DataProcessingAgreement": meta.RESTScopeRoot,
		"App": meta.RESTScopeNamespace, "ConsentResource": meta.RESTScopeNamespace,
	} {
		mapper.Add(v1alpha1.GroupVersion.WithKind(kind), scope)
	}
	for kind, scope := range map[schema.GroupVersionKind]meta.RESTScope{
		corev1.SchemeGroupVersion.WithKind("Namespace"):                                  meta.RESTScopeRoot,
		corev1.SchemeGroupVersion.WithKind("Pod"):                                        meta.RESTScopeNamespace,
		appsv1.SchemeGroupVersion.WithKind("Deployment"):                                 meta.RESTScopeNamespace,
		appsv1.SchemeGroupVersion.WithKind("ReplicaSet"):                                 meta.RESTScopeNamespace,
		networkingv1.SchemeGroupVersion.WithKind("NetworkPolicy"):                        meta.RESTScopeNamespace,
		{Group: "apiextensions.k8s.io", Version: "v1", Kind: "CustomResourceDefinition"}: meta.RESTScopeRoot,
	} {
		mapper.Add(kind, scope)
	}
	return mapper
}
