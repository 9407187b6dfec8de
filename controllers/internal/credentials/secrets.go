// SPDX-License-Identifier: BSD-3-Clause

package credentials

import (
	"context"
	"crypto/rsa"
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/external/discovery"
	"github.com/altinn/serviceowner-operator/controllers/internal/keys"
)

// SettingsFile is the key, in a Secret for Maskinporten, of the file that Altinn's own apps read
// (Altinn Studio runtime operator).
const SettingsFile = "maskinporten-settings.json"

// namedBy is how many digits of the kid are in a Secret's name.
const namedBy = 10

// secretName is the name of the Secret with one key of an App's client.
func secretName(app string, client v1alpha1.ClientType, kid string) string {
	return fmt.Sprintf("%s-%s-%s", app, labelOf(client), kid[:min(namedBy, len(kid))])
}

// keyNames are names of Secrets with keys.
var keyNames = regexp.MustCompile(`^.+-(maskinporten|idporten|ansattporten)-[0-9a-f]{10}$`)

// IsKey says whether a Secret's name is one that Secrets with keys have.
func IsKey(secret string) bool { return keyNames.MatchString(secret) }

func labelOf(client v1alpha1.ClientType) string { return strings.ToLower(string(client)) }

// Variables are the environment variables that a client's Secret is read as, by the names Norwegian public
// bodies' apps know them by (nais/digdirator).
func Variables(client v1alpha1.ClientType) []string {
	prefix := strings.ToUpper(string(client)) + "_"
	names := []string{"CLIENT_ID", "CLIENT_JWK", "ISSUER", "JWKS_URI", "SCOPES", "TOKEN_ENDPOINT", "WELL_KNOWN_URL"}
	if client != v1alpha1.ClientMaskinporten {
		names = []string{"CLIENT_ID", "CLIENT_JWK", "ISSUER", "JWKS_URI", "REDIRECT_URI", "SCOPES", "TOKEN_ENDPOINT", "WELL_KNOWN_URL"}
	}
	for i := range names {
		names[i] = prefix + names[i]
	}
	return names
}

// wanted is what a Secret of the client is to hold but for the key itself.
type wanted struct {
	client   Client
	clientID string
	scopes   []string
	server   discovery.Metadata
}

// content is the data of a Secret with a key. A JWK always comes out the same.
func (w wanted) content(key jose.JSONWebKey) (map[string][]byte, error) {
	jwk, err := key.MarshalJSON()
	if err != nil {
		return nil, fmt.Errorf("writing a key of the client at %s: it is no key", w.client.Type) // the error may quote it
	}
	prefix := strings.ToUpper(string(w.client.Type)) + "_"
	data := map[string][]byte{
		prefix + "CLIENT_ID":      []byte(w.clientID),
		prefix + "CLIENT_JWK":     jwk,
		prefix + "ISSUER":         []byte(w.server.Issuer),
		prefix + "JWKS_URI":       []byte(w.server.JWKSURI),
		prefix + "SCOPES":         []byte(strings.Join(w.scopes, " ")),
		prefix + "TOKEN_ENDPOINT": []byte(w.server.TokenEndpoint),
		prefix + "WELL_KNOWN_URL": []byte(w.server.WellKnown),
	}
	if w.client.Type != v1alpha1.ClientMaskinporten {
		data[prefix+"REDIRECT_URI"] = []byte(strings.Join(w.client.RedirectURIs[:min(1, len(w.client.RedirectURIs))], ""))
		return data, nil
	}
	settings, err := json.Marshal(map[string]any{"MaskinportenSettings": map[string]any{
		"Authority": w.server.Issuer, "ClientId": w.clientID, "Jwk": json.RawMessage(jwk),
		"Jwks": map[string]any{"keys": []json.RawMessage{jwk}},
	}})
	if err != nil {
		return nil, fmt.Errorf("writing %s: it cannot be written", SettingsFile)
	}
	data[SettingsFile] = settings
	return data, nil
}

// secret is the Secret of a key. Nobody can change what it holds, and it goes with the App.
func (p *pass) secret(w wanted, key jose.JSONWebKey) (*corev1.Secret, error) {
	data, err := w.content(key)
	if err != nil {
		return nil, err
	}
	annotations := map[string]string{v1alpha1.AnnotationKeyID: key.KeyID}
	if p.plan.Rotate != "" {
		annotations[v1alpha1.AnnotationRotateKeys] = p.plan.Rotate
	}
	if p.plan.Revoke != "" {
		annotations[v1alpha1.AnnotationRevokeKeys] = p.plan.Revoke
	}
	return &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{
			Name: secretName(p.app.Name, w.client.Type, key.KeyID), Namespace: p.app.Namespace, Annotations: annotations,
			Labels: map[string]string{
				v1alpha1.LabelName: p.app.Name, v1alpha1.LabelManagedBy: v1alpha1.ManagedBy,
				v1alpha1.LabelServiceOwner: p.plan.Owner.Code, v1alpha1.LabelClient: labelOf(w.client.Type),
			},
			OwnerReferences: []metav1.OwnerReference{*metav1.NewControllerRef(p.app, v1alpha1.GroupVersion.WithKind("App"))},
		},
		Immutable: ptr.To(true), Type: corev1.SecretTypeOpaque, Data: data,
	}, nil
}

// indexSecret, of Secrets, is the name of the App they are for.
const indexSecret = "credentials"

// Index adds the index that Secrets are looked up by.
func Index(ctx context.Context, indexer client.FieldIndexer) error {
	return indexer.IndexField(ctx, &corev1.Secret{}, indexSecret, func(obj client.Object) []string {
		return []string{obj.GetLabels()[v1alpha1.LabelName]}
	})
}

// secretsOf reads the Secrets of one of the App's clients, oldest first. One that is on record and not in
// the cache is asked for where it must be known: to take a key for lost would make pods be rolled.
func (p *pass) secretsOf(ctx context.Context, record *v1alpha1.Credential) ([]corev1.Secret, error) {
	var list corev1.SecretList
	err := p.Cluster.List(ctx, &list, client.InNamespace(p.app.Namespace), client.MatchingFields{indexSecret: p.app.Name}, client.UnsafeDisableDeepCopy)
	if err != nil {
		return nil, fmt.Errorf("reading the Secrets of App %s: %w", p.app.Name, err)
	}
	ours := slices.DeleteFunc(slices.Clone(list.Items), func(s corev1.Secret) bool {
		return s.Labels[v1alpha1.LabelClient] != labelOf(record.Client) || !metav1.IsControlledBy(&s, p.app) || s.DeletionTimestamp != nil
	})
	known := func(s corev1.Secret) bool { return s.Name == record.Secret }
	if record.Secret != "" && !slices.ContainsFunc(ours, known) {
		var found corev1.Secret
		err := p.Live.Get(ctx, client.ObjectKey{Namespace: p.app.Namespace, Name: record.Secret}, &found)
		if client.IgnoreNotFound(err) != nil {
			return nil, fmt.Errorf("reading Secret %s: %w", record.Secret, err)
		}
		if err == nil && metav1.IsControlledBy(&found, p.app) && found.DeletionTimestamp == nil {
			ours = append(ours, found)
		}
	}
	slices.SortStableFunc(ours, func(a, b corev1.Secret) int {
		if order := a.CreationTimestamp.Compare(b.CreationTimestamp.Time); order != 0 {
			return order
		}
		return strings.Compare(a.Name, b.Name)
	})
	return ours, nil
}

// understood is what a Secret holds, judged by what is wanted now. One that is not whole is nobody's key.
func (p *pass) understood(secret *corev1.Secret, w wanted) (h held, public jose.JSONWebKey) {
	h = held{name: secret.Name, made: secret.CreationTimestamp.Time}
	prefix := strings.ToUpper(string(w.client.Type)) + "_"
	var key jose.JSONWebKey
	if key.UnmarshalJSON(secret.Data[prefix+"CLIENT_JWK"]) != nil {
		return h, public
	}
	private, ok := key.Key.(*rsa.PrivateKey)
	if !ok || keys.KeyID(key) != key.KeyID || secretName(p.app.Name, w.client.Type, key.KeyID) != secret.Name {
		return h, public
	}
	h.keyID, h.clientID = key.KeyID, string(secret.Data[prefix+"CLIENT_ID"])
	h.compromised = p.plan.Revoke != "" && secret.Annotations[v1alpha1.AnnotationRevokeKeys] != p.plan.Revoke
	asked := p.plan.Rotate != "" && secret.Annotations[v1alpha1.AnnotationRotateKeys] != p.plan.Rotate
	content, err := w.content(key)
	h.fits = err == nil && !h.compromised && !asked && private.N.BitLen() >= p.Policy.Bits && key.Algorithm == p.Policy.Algorithm &&
		maps.EqualFunc(content, secret.Data, slices.Equal[[]byte])
	return h, key.Public()
}
