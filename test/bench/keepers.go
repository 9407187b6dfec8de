// SPDX-License-Identifier: BSD-3-Clause

package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
)

const (
	kindOwner, kindApp = "ServiceOwner", "App"
	// tellEvery is how often a long wait says how far it is.
	tellEvery = 30 * time.Second
)

// keeper is a service owner or an App as the watches have shown what it says of its data.
type keeper struct {
	kind, code string
	stands     bool      // by what it says of its storage now
	kept       time.Time // when it said so first
	lies       metav1.ConditionStatus
	lay        time.Time // when it came to say so of where its data lies
	status     v1alpha1.Status
}

// keepers holds what the watches have shown.
type keepers struct {
	mu   sync.Mutex
	seen map[string]*keeper
	lost error
}

func newKeepers() *keepers { return &keepers{seen: map[string]*keeper{}} }

// keeping are what to watch: who says how data is kept.
func keeping() map[string]client.ObjectList {
	return map[string]client.ObjectList{kindOwner: &v1alpha1.ServiceOwnerList{}, kindApp: &v1alpha1.AppList{}}
}

func (k *keepers) lose(err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.lost = err
}

func (k *keepers) see(kind string, obj client.Object, now time.Time) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var status v1alpha1.Status
	code := obj.GetName()
	switch obj := obj.(type) {
	case *v1alpha1.ServiceOwner:
		status = obj.Status.Status
	case *v1alpha1.App:
		status, code = obj.Status.Status, v1alpha1.OwnerOfNamespace(obj.Namespace)
	default:
		return
	}
	key := kind + " " + obj.GetNamespace() + "/" + obj.GetName()
	one := k.seen[key]
	if one == nil {
		one = &keeper{kind: kind, code: code}
		k.seen[key] = one
	}
	one.status = status
	one.stands = meta.IsStatusConditionTrue(status.Conditions, v1alpha1.ConditionStorageReady)
	if one.kept.IsZero() && one.stands {
		one.kept = now
	}
	if lies := meta.FindStatusCondition(status.Conditions, v1alpha1.ConditionRegionCompliant); lies != nil && lies.Status != one.lies {
		one.lies, one.lay = lies.Status, now
	}
}

// lacking returns nil when so many of a kind say that their storage stands.
func (k *keepers) lacking(kind string, count int) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	kept, example := 0, ""
	for key, one := range k.seen {
		switch {
		case one.kind != kind:
		case one.stands:
			kept++
		default:
			example = key + ": " + words(one.status)
		}
	}
	if k.lost == nil && kept < count {
		return fmt.Errorf("%d of %d %ss say StorageReady; one that does not: %s", kept, count, kind, example)
	}
	return k.lost
}

// words is what a status says of storage, else of all.
func words(status v1alpha1.Status) string {
	for _, kind := range []string{v1alpha1.ConditionStorageReady, v1alpha1.ConditionReady} {
		if said := meta.FindStatusCondition(status.Conditions, kind); said != nil {
			return fmt.Sprintf("%s %s %s: %s", said.Type, said.Status, said.Reason, said.Message)
		}
	}
	return "it has no status"
}

// last is when the last of a kind was first seen to say that its storage stands.
func (k *keepers) last(kind string) time.Time {
	k.mu.Lock()
	defer k.mu.Unlock()
	var at time.Time
	for _, one := range k.seen {
		if one.kind == kind {
			at = later(at, one.kept)
		}
	}
	return at
}

// children is how many children each of a kind has. It is an error when one has more than another.
func (k *keepers) children(kind string) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	count := -1
	for key, one := range k.seen {
		switch {
		case one.kind != kind:
		case count < 0:
			count = len(one.status.Children)
		case len(one.status.Children) != count:
			return count, fmt.Errorf("%s has %d children, another has %d", key, len(one.status.Children), count)
		}
	}
	return max(count, 0), nil
}

// place is when a service owner, and the last of its Apps, came to say something of where their data lies.
type place struct{ owner, apps time.Time }

// lying returns when a service owner and all its Apps came to say something of where their data lies. An error means that
// not all do, by now; where the owner does, its time is there.
func (k *keepers) lying(code string, status metav1.ConditionStatus) (place, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	var at place
	silent := 0
	for _, one := range k.seen {
		switch {
		case one.code != code:
		case one.lies != status:
			silent++
		case one.kind == kindOwner:
			at.owner = one.lay
		default:
			at.apps = later(at.apps, one.lay)
		}
	}
	if k.lost == nil && (silent > 0 || at.owner.IsZero()) {
		return at, fmt.Errorf("%d of service owner %s and its Apps do not say %s %s", silent, code, v1alpha1.ConditionRegionCompliant, status)
	}
	return at, k.lost
}

// telling makes a long wait say how far it is.
func telling(condition func(context.Context) error) func(context.Context) error {
	next := time.Now().Add(tellEvery)
	return func(ctx context.Context) error {
		lacks := condition(ctx)
		if lacks != nil && !errors.Is(lacks, errFinal) && time.Now().After(next) {
			fmt.Printf("  %v\n", lacks)
			next = time.Now().Add(tellEvery)
		}
		return lacks
	}
}
