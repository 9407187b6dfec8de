// SPDX-License-Identifier: BSD-3-Clause

package references

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"hash"
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/rest"
	"k8s.io/utils/lru"
	"sigs.k8s.io/controller-runtime/pkg/cache"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// remembered is how many digests are kept at most.
const remembered = 50000

// Ref names a Secret or ConfigMap in a namespace.
type Ref struct {
	// Kind is Secret or ConfigMap.
	Kind string
	// Name is the object's name.
	Name string
}

// Digests answers what references hold.
type Digests struct {
	// Metadata holds the metadata of all Secrets and ConfigMaps.
	Metadata client.Reader
	// Live reads one of them.
	Live client.Reader

	known *lru.Cache
}

// New returns Digests that read metadata from one reader and content from another.
func New(metadata, live client.Reader) *Digests {
	return &Digests{Metadata: metadata, Live: live, known: lru.New(remembered)}
}

// NewCache returns a cache that holds the metadata of Secrets and ConfigMaps, stripped to what tells
// one version from the next. Helm's release Secrets, the largest of all, are left out.
func NewCache(config *rest.Config, options cache.Options) (cache.Cache, error) {
	noHelm := fields.OneTermNotEqualSelector("type", "helm.sh/release.v1")
	options.DefaultTransform = strip
	options.ReaderFailOnMissingInformer = true
	options.ByObject = map[client.Object]cache.ByObject{&corev1.Secret{}: {Field: noHelm}}
	return cache.New(config, options)
}

// strip leaves name and version.
func strip(in any) (any, error) {
	obj, ok := in.(client.Object)
	if !ok {
		return in, nil
	}
	obj.SetManagedFields(nil)
	obj.SetLabels(nil)
	obj.SetAnnotations(nil)
	obj.SetOwnerReferences(nil)
	obj.SetFinalizers(nil)
	return obj, nil
}

// Kinds are the metadata-only objects to watch.
func Kinds() []*metav1.PartialObjectMetadata {
	return []*metav1.PartialObjectMetadata{metadataOf("Secret"), metadataOf("ConfigMap")}
}

func metadataOf(kind string) *metav1.PartialObjectMetadata {
	obj := &metav1.PartialObjectMetadata{}
	obj.SetGroupVersionKind(corev1.SchemeGroupVersion.WithKind(kind))
	return obj
}

// Of returns a digest of what the references hold, and those that do not exist. The order of the
// references does not matter. An error means that nothing is known.
func (d *Digests) Of(ctx context.Context, namespace string, refs []Ref) (digest string, missing []Ref, err error) {
	slices.SortFunc(refs, compare)
	sum := sha256.New()
	for _, ref := range slices.Compact(refs) {
		content, err := d.one(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, ref.Kind)
		if apierrors.IsNotFound(err) {
			missing = append(missing, ref)
			continue
		}
		if err != nil {
			return "", nil, fmt.Errorf("reading %s %s: %w", ref.Kind, ref.Name, err)
		}
		fmt.Fprintf(sum, "%s/%s=%s;", ref.Kind, ref.Name, content)
	}
	if len(refs) == 0 {
		return "", nil, nil
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), missing, nil
}

func compare(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

// version names one state of one object.
type version struct{ uid, resourceVersion string }

// one returns the digest of one object's content, reading the object only when its version is new.
func (d *Digests) one(ctx context.Context, key client.ObjectKey, kind string) (string, error) {
	seen := metadataOf(kind)
	if err := d.Metadata.Get(ctx, key, seen); err != nil {
		return "", err
	}
	at := version{string(seen.GetUID()), seen.GetResourceVersion()}
	if digest, ok := d.known.Get(at); ok {
		return digest.(string), nil
	}
	digest, err := d.read(ctx, key, kind)
	if err == nil {
		d.known.Add(at, digest)
	}
	return digest, err
}

// read reads an object's content and forgets all of it but a digest.
func (d *Digests) read(ctx context.Context, key client.ObjectKey, kind string) (string, error) {
	sum := sha256.New()
	if kind == "Secret" {
		var secret corev1.Secret
		if err := d.Live.Get(ctx, key, &secret); err != nil {
			return "", err
		}
		write(sum, secret.Data)
	} else {
		var config corev1.ConfigMap
		if err := d.Live.Get(ctx, key, &config); err != nil {
			return "", err
		}
		write(sum, config.Data)
		write(sum, config.BinaryData)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// write adds a map to a digest, in the order of its keys, with its size and all lengths so that no two
// maps, nor two rows of maps, give the same bytes.
func write[V string | []byte](sum hash.Hash, data map[string]V) {
	length := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	sum.Write(length(uint64(len(data))))
	for _, key := range slices.Sorted(maps.Keys(data)) {
		for _, part := range []string{key, string(data[key])} {
			sum.Write(length(uint64(len(part))))
			sum.Write([]byte(part))
		}
	}
}
