// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	"github.com/go-jose/go-jose/v4/jwt"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

// pod is one of the App's: it read its keys when it started, once.
type pod struct {
	name, template string
	ending         bool
	holds          []hold
}

// hold is a key a pod holds.
type hold struct {
	clientID, endpoint, issuer, scope string
	key                               jose.JSONWebKey
}

// deploy does what the App's own controller does: the template names the Secrets on record, once they all are
// there, and an App that is out of service has no pods. It says whether that changed anything.
func (w *world) deploy() (changed bool) {
	w.t.Helper()
	app := w.app()
	deployment := &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "income", Namespace: "so-skd"}}
	err := w.api.Get(w.t.Context(), client.ObjectKeyFromObject(deployment), deployment)
	w.must(client.IgnoreNotFound(err))
	there := err == nil
	if app == nil || app.DeletionTimestamp != nil {
		if there {
			w.must(w.api.Delete(w.t.Context(), deployment))
		}
		return there
	}
	names := []string{}
	if w.plan.Action == Provide {
		for _, want := range w.plan.Clients {
			if record := Find(app.Status.Credentials, want.Type); record != nil && record.Secret != "" {
				names = append(names, record.Secret)
			} else if !there {
				return false
			}
		}
	}
	template := strings.Join(names, ",")
	if there && deployment.Spec.Template.Annotations[v1alpha1.AnnotationCredentials] == template {
		return false
	}
	deployment.Spec.Template.Annotations = map[string]string{v1alpha1.AnnotationCredentials: template}
	deployment.Generation++
	if there {
		w.must(w.api.Update(w.t.Context(), deployment))
	} else {
		w.must(w.api.Create(w.t.Context(), deployment))
	}
	w.check("a template")
	return true
}

// awaits says whether an App that comes back has no key yet: it has no pods meanwhile.
func (w *world) awaits() bool {
	w.t.Helper()
	app := w.app()
	return app != nil && slices.ContainsFunc(app.Status.Credentials, func(c v1alpha1.Credential) bool { return c.State == v1alpha1.CredentialRevoked })
}

// kubelet takes one step of a rollout: see the template, start a pod of it, let an old one end, and be rid of it.
// It says whether there was anything to do.
func (w *world) kubelet() (changed bool) {
	w.t.Helper()
	defer func() { w.check("a step of the rollout") }()
	var deployment appsv1.Deployment
	err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "so-skd", Name: "income"}, &deployment)
	w.must(client.IgnoreNotFound(err))
	template, wanted := deployment.Spec.Template.Annotations[v1alpha1.AnnotationCredentials], err == nil && w.plan.Action == Provide && !w.awaits()
	if err == nil && deployment.Status.ObservedGeneration < deployment.Generation {
		w.observe(&deployment, template)
		return true
	}
	fresh := slices.ContainsFunc(w.pods, func(p *pod) bool { return !p.ending && p.template == template })
	if wanted && !fresh {
		if w.begin(template) {
			w.observe(&deployment, template)
			return true
		}
		return false
	}
	for _, p := range w.pods {
		if !p.ending && (!wanted || p.template != template) {
			p.ending = true
			if err == nil {
				w.observe(&deployment, template)
			}
			return true
		}
	}
	if i := slices.IndexFunc(w.pods, func(p *pod) bool { return p.ending }); i >= 0 && (w.stuck == 0 || len(w.pods) > w.stuck) {
		w.must(w.api.Delete(w.t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: w.pods[i].name, Namespace: "so-skd"}}))
		w.pods = slices.Delete(w.pods, i, i+1)
		return true
	}
	return false
}

// observe writes down how many pods there are.
func (w *world) observe(deployment *appsv1.Deployment, template string) {
	w.t.Helper()
	status := appsv1.DeploymentStatus{ObservedGeneration: deployment.Generation}
	for _, p := range w.pods {
		if p.ending {
			continue
		}
		status.Replicas++
		if p.template == template {
			status.UpdatedReplicas++
		}
	}
	deployment.Status = status
	w.must(w.api.Status().Update(w.t.Context(), deployment))
}

// begin starts a pod, if all it reads is there.
func (w *world) begin(template string) bool {
	w.t.Helper()
	p := &pod{name: fmt.Sprintf("income-%d", w.started), template: template}
	for name := range strings.SplitSeq(template, ",") {
		if name == "" {
			continue
		}
		var secret corev1.Secret
		if err := w.api.Get(w.t.Context(), client.ObjectKey{Namespace: "so-skd", Name: name}, &secret); err != nil {
			w.must(client.IgnoreNotFound(err))
			return false // the container cannot be configured, and is tried again
		}
		p.holds = append(p.holds, w.holding(&secret))
	}
	w.started++
	w.must(w.api.Create(w.t.Context(), &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
		Name: p.name, Namespace: "so-skd", Annotations: map[string]string{v1alpha1.AnnotationCredentials: template},
		Labels: map[string]string{v1alpha1.LabelName: "income", v1alpha1.LabelManagedBy: v1alpha1.ManagedBy},
	}}))
	w.pods = append(w.pods, p)
	return true
}

// holding is what a program reads in a Secret.
func (w *world) holding(secret *corev1.Secret) hold {
	w.t.Helper()
	prefix := strings.ToUpper(secret.Labels[v1alpha1.LabelClient]) + "_"
	read := func(name string) string { return string(secret.Data[prefix+name]) }
	var key jose.JSONWebKey
	w.must(key.UnmarshalJSON(secret.Data[prefix+"CLIENT_JWK"]))
	scope, _, _ := strings.Cut(read("SCOPES"), " ")
	return hold{clientID: read("CLIENT_ID"), endpoint: read("TOKEN_ENDPOINT"), issuer: read("ISSUER"), scope: scope, key: key}
}

// token asks for a token as a program does that knows nothing but what is in its Secret.
func (w *world) token(h hold) (status int, answer string) {
	w.t.Helper()
	signer, err := jose.NewSigner(jose.SigningKey{Algorithm: jose.SignatureAlgorithm(h.key.Algorithm), Key: h.key}, nil)
	w.must(err)
	now := w.clock.Now()
	w.grants++
	assertion, err := jwt.Signed(signer).Claims(map[string]any{
		"iss": h.clientID, "aud": h.issuer, "scope": h.scope, "iat": now.Unix(), "exp": now.Unix() + 60, "jti": fmt.Sprint("app-", w.grants),
	}).Serialize()
	w.must(err)
	response, err := (&http.Client{Transport: road}).PostForm(h.endpoint, url.Values{
		"grant_type": {"urn:ietf:params:oauth:grant-type:jwt-bearer"}, "assertion": {assertion},
	})
	w.must(err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	w.must(err)
	return response.StatusCode, string(body)
}

// check wants the key of each pod to be in its client's key set, and no set to have more keys than it may. Where
// pods are played, it must get tokens too, in the eyes of a token endpoint that is behind.
func (w *world) check(after string) {
	w.t.Helper()
	registered := w.sandbox.Clients()
	for _, p := range w.pods {
		for _, h := range p.holds {
			if w.forgiven[h.key.KeyID] {
				continue
			}
			known := false
			for _, c := range registered {
				known = known || c.ID == h.clientID && c.Active && slices.ContainsFunc(c.Keys, hasID(h.key.KeyID))
			}
			if !known {
				w.t.Fatalf("after %s, pod %s reads key %s of client %s, and it is in no key set of an active client", after, p.name, h.key.KeyID, h.clientID)
			}
			if !w.played || !strings.HasSuffix(h.endpoint, w.url+"/token") {
				continue
			}
			if status, said := w.token(h); status != http.StatusOK {
				w.t.Fatalf("after %s, pod %s gets no token with key %s: %d %s", after, p.name, h.key.KeyID, status, said)
			}
		}
	}
	for _, c := range registered {
		if len(c.Keys) > maxKeys {
			w.t.Fatalf("after %s, client %s has %d keys", after, c.ID, len(c.Keys))
		}
	}
}
