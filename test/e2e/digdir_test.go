// SPDX-License-Identifier: BSD-3-Clause

package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	. "github.com/onsi/ginkgo/v2"
	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/test/sandbox"
)

// clientsOf are the active clients of an App, as Digdir knows them: they say whose they are.
func clientsOf(app *v1alpha1.App) []sandbox.RegisteredClient {
	return slices.DeleteFunc(everOf(app), func(c sandbox.RegisteredClient) bool { return !c.Active })
}

// everOf are all clients that Apps of this one's name ever had.
func everOf(app *v1alpha1.App) []sandbox.RegisteredClient {
	return slices.DeleteFunc(outside.Sandbox.Clients(), func(c sandbox.RegisteredClient) bool {
		return !strings.Contains(c.Description, fmt.Sprintf("App %s of %s:", app.Name, app.Namespace))
	})
}

// clientOf is the one active client of a type of integration that an App has.
func clientOf(app *v1alpha1.App, integration string) sandbox.RegisteredClient {
	GinkgoHelper()
	found := slices.DeleteFunc(clientsOf(app), func(c sandbox.RegisteredClient) bool { return c.IntegrationType != integration })
	Expect(found).To(HaveLen(1))
	return found[0]
}

// keysAt are the kids in the key set of a client.
func keysAt(client sandbox.RegisteredClient) []string {
	kids := []string{}
	for _, key := range client.Keys {
		kids = append(kids, key.ID)
	}
	return kids
}

// scopeAt is a scope as Maskinporten knows it; nil when there is none.
func scopeAt(name string) *sandbox.RegisteredScope {
	for _, scope := range outside.Sandbox.Scopes() {
		if scope.Name == name {
			return &scope
		}
	}
	return nil
}

// consumersOf are the organisations that have access to a scope by name.
func consumersOf(scope string) []string {
	var numbers []string
	for _, access := range outside.Sandbox.Accesses() {
		if access.Scope == scope && access.State == "APPROVED" {
			numbers = append(numbers, access.Consumer)
		}
	}
	return numbers
}

// secretsOf are the Secrets of an App with keys of one client.
func secretsOf(ctx context.Context, app *v1alpha1.App, of v1alpha1.ClientType) []corev1.Secret {
	GinkgoHelper()
	var found corev1.SecretList
	Expect(kubernetes.List(ctx, &found, client.InNamespace(app.Namespace), client.MatchingLabels{
		v1alpha1.LabelName: app.Name, v1alpha1.LabelClient: strings.ToLower(string(of)),
	})).To(Succeed())
	return found.Items
}

// recorded is what an App's status says of one of its clients, as last read.
func recorded(app *v1alpha1.App, of v1alpha1.ClientType) v1alpha1.Credential {
	for _, credential := range app.Status.Credentials {
		if credential.Client == of {
			return credential
		}
	}
	return v1alpha1.Credential{}
}

// podsOf are the pods of an App.
func podsOf(ctx context.Context, app *v1alpha1.App) []corev1.Pod {
	GinkgoHelper()
	var pods corev1.PodList
	Expect(kubernetes.List(ctx, &pods, client.InNamespace(app.Namespace), client.MatchingLabels{v1alpha1.LabelName: app.Name})).To(Succeed())
	return pods.Items
}

// settled waits until an App is Ready, and until of each of its clients there is one key: in the Secret that
// all pods read, in the key set, and nowhere else.
func settled(ctx context.Context, app *v1alpha1.App) {
	GinkgoHelper()
	Eventually(func(g Gomega) {
		g.Expect(ready(ctx, app)).To(BeTrue(), conditions(app))
		g.Expect(app.Status.Credentials).NotTo(BeEmpty())
		var names []string
		for _, credential := range app.Status.Credentials {
			g.Expect(credential.Keys).To(HaveLen(1), "%s", credential.Client)
			g.Expect(credential.Keys[0].Use).To(Equal(v1alpha1.KeyInUse))
			secrets := secretsOf(ctx, app, credential.Client)
			g.Expect(secrets).To(HaveLen(1), "%s", credential.Client)
			g.Expect(secrets[0].Name).To(Equal(credential.Secret))
			g.Expect(secrets[0].Annotations).To(HaveKeyWithValue(v1alpha1.AnnotationKeyID, credential.Keys[0].KeyID))
			names = append(names, credential.Secret)
		}
		pods := podsOf(ctx, app)
		g.Expect(pods).NotTo(BeEmpty())
		for _, pod := range pods {
			g.Expect(read(&pod)).To(ConsistOf(names), pod.Name)
		}
		for _, registered := range clientsOf(app) {
			i := slices.IndexFunc(app.Status.Credentials, func(c v1alpha1.Credential) bool { return c.ClientID == registered.ID })
			g.Expect(i).To(BeNumerically(">=", 0), "a client that no status knows of")
			g.Expect(keysAt(registered)).To(ConsistOf(app.Status.Credentials[i].Keys[0].KeyID))
		}
		g.Expect(clientsOf(app)).To(HaveLen(len(app.Status.Credentials)))
	}).WithContext(ctx).Should(Succeed())
}

// read are the Secrets with keys that a pod reads, by its variables and its volumes.
func read(pod *corev1.Pod) []string {
	var names []string
	for _, container := range pod.Spec.Containers {
		for _, env := range container.Env {
			if env.ValueFrom != nil && env.ValueFrom.SecretKeyRef != nil {
				names = append(names, env.ValueFrom.SecretKeyRef.Name)
			}
		}
	}
	for _, volume := range pod.Spec.Volumes {
		if volume.Projected == nil {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.Secret != nil && len(source.Secret.Items) > 0 {
				names = append(names, source.Secret.Name)
			}
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// annotate writes an annotation on an App.
func annotate(ctx context.Context, app *v1alpha1.App, key, value string) {
	GinkgoHelper()
	change(ctx, app, func(app *v1alpha1.App) {
		if app.Annotations == nil {
			app.Annotations = map[string]string{}
		}
		app.Annotations[key] = value
	})
}

// public is a registered key as it can be registered anew.
func public(key sandbox.RegisteredKey) jose.JSONWebKey {
	GinkgoHelper()
	raw, err := json.Marshal(key)
	Expect(err).NotTo(HaveOccurred())
	var jwk jose.JSONWebKey
	Expect(jwk.UnmarshalJSON(raw)).To(Succeed())
	return jwk
}

// breakSelfService makes every call to Digdir's self-service fail until the returned function is called, or the
// spec or container ends that it was broken in.
func breakSelfService() (mend func()) {
	GinkgoHelper()
	Expect(outside.Sandbox.SetFaults(sandbox.Fault{Path: "^/api/v1/", Kind: sandbox.FaultStatus, Status: http.StatusServiceUnavailable})).To(Succeed())
	mend = func() { Expect(outside.Sandbox.SetFaults()).To(Succeed()) }
	DeferCleanup(mend)
	return mend
}
