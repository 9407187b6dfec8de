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
	"sync"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// remembered is how many digests are kept at most; when there are more, all are read anew.
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
	// Live reads one object.
	Live client.Reader

	mu sync.Mutex
	// watched are the kinds of which each change is heard. What is read of others is not remembered.
	watched map[string]bool
	known   map[place]*content
}

// place is where one object is, or could be.
type place struct{ kind, namespace, name string }

// version names one state of one object.
type version struct {
	uid             types.UID
	resourceVersion string
}

func versionOf(obj metav1.Object) version { return version{obj.GetUID(), obj.GetResourceVersion()} }

// content is what a place held when it was read.
type content struct {
	// version is none of what is not there.
	version
	// digest is absent where there is no object, and empty while it is being read.
	digest string
}

const absent = "absent"

// New returns Digests that read objects from a reader, which must not be a cache.
func New(live client.Reader) *Digests {
	return &Digests{Live: live, watched: map[string]bool{}, known: map[place]*content{}}
}

// Of returns a digest of what the references hold, and those that do not exist. The order of the
// references does not matter. An error means that nothing is known.
func (d *Digests) Of(ctx context.Context, namespace string, refs []Ref) (digest string, missing []Ref, err error) {
	slices.SortFunc(refs, compare)
	sum := sha256.New()
	for _, ref := range slices.Compact(refs) {
		held, err := d.one(ctx, place{ref.Kind, namespace, ref.Name})
		if err != nil {
			return "", nil, fmt.Errorf("reading %s %s: %w", ref.Kind, ref.Name, err)
		}
		if held == absent {
			missing = append(missing, ref)
			continue
		}
		fmt.Fprintf(sum, "%s/%s=%s;", ref.Kind, ref.Name, held)
	}
	if len(refs) == 0 {
		return "", nil, nil
	}
	return hex.EncodeToString(sum.Sum(nil)[:8]), missing, nil
}

func compare(a, b Ref) int {
	return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Name, b.Name))
}

// one returns the digest of one object's content, or absent, reading the object only when nothing is known of it.
func (d *Digests) one(ctx context.Context, at place) (string, error) {
	known, reading := d.recall(at)
	if known != nil {
		return known.digest, nil
	}
	read, err := d.read(ctx, at)
	if apierrors.IsNotFound(err) {
		read, err = content{digest: absent}, nil
	}
	if err != nil {
		d.forget(at, version{})
		return "", err
	}
	d.remember(at, reading, read)
	return read.digest, nil
}

// recall returns what is known of an object. When that is nothing, it leaves a mark at its place, which
// the news of a change takes away: what is read meanwhile may be from before it.
func (d *Digests) recall(at place) (known, mark *content) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.known[at]; known != nil && known.digest != "" {
		return known, nil
	}
	mark = &content{}
	if d.watched[at.kind] {
		if len(d.known) >= remembered {
			clear(d.known)
		}
		d.known[at] = mark
	}
	return nil, mark
}

// remember keeps what was read, unless the mark is gone.
func (d *Digests) remember(at place, mark *content, read content) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.known[at] == mark {
		d.known[at] = &read
	}
}

// forget drops what is known of another version than the one that now stands, which is none when there is no object.
func (d *Digests) forget(at place, now version) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if known := d.known[at]; known != nil && (known.digest == "" || known.version != now) {
		delete(d.known, at)
	}
}

// reconsider compares what is known of a kind with all that stand, forgets what is not of the same version,
// and returns where something may have changed since it was last listed. From the first list on, what is
// read is remembered.
func (d *Digests) reconsider(kind string, stand map[place]version) (changed []place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !d.watched[kind] {
		d.watched[kind] = true
		return nil
	}
	for at, listed := range stand {
		if known := d.known[at]; known == nil || known.version != listed {
			delete(d.known, at)
			changed = append(changed, at)
		}
	}
	for at, known := range d.known {
		if _, stands := stand[at]; at.kind == kind && !stands && known.digest != absent {
			delete(d.known, at)
			changed = append(changed, at)
		}
	}
	return changed
}

// read reads an object's content and forgets all of it but a digest.
func (d *Digests) read(ctx context.Context, at place) (content, error) {
	sum := sha256.New()
	key := client.ObjectKey{Namespace: at.namespace, Name: at.name}
	var read client.Object
	if at.kind == kindSecret {
		var secret corev1.Secret
		if err := d.Live.Get(ctx, key, &secret); err != nil {
			return content{}, err
		}
		write(sum, secret.Data)
		read = &secret
	} else {
		var config corev1.ConfigMap
		if err := d.Live.Get(ctx, key, &config); err != nil {
			return content{}, err
		}
		write(sum, config.Data)
		write(sum, config.BinaryData)
		read = &config
	}
	return content{version: versionOf(read), digest: hex.EncodeToString(sum.Sum(nil))}, nil
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
