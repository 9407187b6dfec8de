// SPDX-License-Identifier: BSD-3-Clause

package rotation

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/go-jose/go-jose/v4"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/utils/ptr"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// What apps know their client by: environment variables, and a file (docs/credentials.md).
const (
	variables    = "MASKINPORTEN_"
	settingsFile = "maskinporten-settings.json"
)

// cause is why something failed, in words that hold no key, no token and no address.
type cause string

// Error implements error.
func (c cause) Error() string { return string(c) }

func because(format string, args ...any) error { return cause(fmt.Sprintf(format, args...)) }

// identity is what a pod read when it started.
type identity struct {
	clientID, issuer, endpoint string
	scopes                     []string
	// keys are that of the environment, and that of the settings file where the pod has one.
	keys []jose.JSONWebKey
}

func (i *identity) kid() string { return i.keys[0].KeyID }

// hasKey says whether a pod reads a key for Maskinporten at all, by its spec.
func hasKey(pod *corev1.Pod) bool {
	for _, container := range pod.Spec.Containers {
		for _, env := range container.Env {
			if env.Name == variables+"CLIENT_JWK" && env.ValueFrom != nil {
				return true
			}
		}
	}
	return false
}

// read reads what the pod's spec names: its variables, and the files of its volumes.
func (p *player) read(ctx context.Context) (*identity, error) {
	kubelet := &kubelet{player: p, secrets: map[string]*corev1.Secret{}}
	env, err := kubelet.environment(ctx)
	if err != nil {
		return nil, err
	}
	read := &identity{
		clientID: env["CLIENT_ID"], issuer: env["ISSUER"], endpoint: env["TOKEN_ENDPOINT"], scopes: strings.Fields(env["SCOPES"]),
	}
	var key jose.JSONWebKey
	if key.UnmarshalJSON([]byte(env["CLIENT_JWK"])) != nil || read.clientID == "" || read.issuer == "" || read.endpoint == "" || len(read.scopes) == 0 {
		return nil, because("the variables of a pod are not whole")
	}
	read.keys = append(read.keys, key)
	return read, kubelet.settings(ctx, read)
}

// kubelet reads each Secret once.
type kubelet struct {
	*player
	secrets map[string]*corev1.Secret
}

func (k *kubelet) secret(ctx context.Context, name string) (*corev1.Secret, error) {
	if found := k.secrets[name]; found != nil {
		return found, nil
	}
	var secret corev1.Secret
	if err := k.Cluster.Get(ctx, client.ObjectKey{Namespace: k.pod.Namespace, Name: name}, &secret); err != nil {
		return nil, fmt.Errorf("%w: %w", cause("a Secret that a pod is to read cannot be read"), err)
	}
	k.secrets[name] = &secret
	return &secret, nil
}

// environment are the variables for Maskinporten, without the beginning that all have.
func (k *kubelet) environment(ctx context.Context) (map[string]string, error) {
	env := map[string]string{}
	for _, container := range k.pod.Spec.Containers {
		for _, variable := range container.Env {
			name, ours := strings.CutPrefix(variable.Name, variables)
			if !ours || variable.ValueFrom == nil || variable.ValueFrom.SecretKeyRef == nil {
				continue
			}
			ref := variable.ValueFrom.SecretKeyRef
			secret, err := k.secret(ctx, ref.Name)
			if err != nil {
				return nil, err
			}
			value, there := secret.Data[ref.Key]
			if !there {
				return nil, because("a Secret lacks the key %s", ref.Key)
			}
			env[name] = string(value)
		}
	}
	return env, nil
}

// settings reads the file of Maskinporten's settings, where a volume of the pod has it. It must name the same
// client.
func (k *kubelet) settings(ctx context.Context, read *identity) error {
	for _, volume := range k.pod.Spec.Volumes {
		if volume.Projected == nil {
			continue
		}
		for _, source := range volume.Projected.Sources {
			if source.Secret == nil || !holdsSettings(source.Secret) {
				continue
			}
			secret, err := k.secret(ctx, source.Secret.Name)
			if err != nil {
				return err
			}
			var file struct {
				Settings struct {
					ClientID string          `json:"ClientId"`
					Key      jose.JSONWebKey `json:"Jwk"`
				} `json:"MaskinportenSettings"`
			}
			if json.Unmarshal(secret.Data[settingsFile], &file) != nil || file.Settings.ClientID != read.clientID {
				return because("the settings file of a pod cannot be read, or names another client than its variables")
			}
			read.keys = append(read.keys, file.Settings.Key)
		}
	}
	return nil
}

func holdsSettings(source *corev1.SecretProjection) bool {
	for _, item := range source.Items {
		if item.Key == settingsFile {
			return !ptr.Deref(source.Optional, false)
		}
	}
	return false
}
