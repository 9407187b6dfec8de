// SPDX-License-Identifier: BSD-3-Clause

package storage

import (
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"

	"github.com/altinn/serviceowner-operator/api/v1alpha1"
	"github.com/altinn/serviceowner-operator/controllers/internal/apply"
	"github.com/altinn/serviceowner-operator/controllers/internal/catalogue"
	"github.com/altinn/serviceowner-operator/controllers/internal/decide"
	"github.com/altinn/serviceowner-operator/controllers/internal/gate"
)

// Provider is a way to keep data. All of it is pure: the same in gives the same out.
type Provider interface {
	// Kinds are the kinds of objects it declares.
	Kinds() []Kind
	// OfOwner renders what a service owner's data is kept in. standing are the objects of its kinds in the
	// owner's namespace, those of its Apps among them. An error means that only an edit of the resource or of
	// the configuration can help.
	OfOwner(owner Owner, standing []Object) ([]apply.Child, error)
	// OfApp renders what an App keeps its data in, and how its pods get there.
	OfApp(app App) (Share, error)
	// Judge tells how objects are that OfOwner or OfApp wanted, by what stands of them.
	Judge(wanted []apply.Child, standing []Object) Report
	// Fates tells what becomes of the data in objects, before their owner lets go of them.
	Fates(owner Owner, standing []Object) []Fate
}

// Kind is a kind of object that a provider declares.
type Kind struct {
	schema.GroupVersionKind

	// CRD is the name of its CustomResourceDefinition; empty for a kind that every cluster knows.
	CRD string
	// Wide says that its objects lie in no namespace, and stand for every service owner.
	Wide bool
}

// Object is an object as the cluster shows it.
type Object interface {
	metav1.Object
	runtime.Object
}

// Owner is what is declared of where a service owner's data is kept.
type Owner struct {
	// Code is the service owner's, Namespace its namespace.
	Code, Namespace string
	// OrganizationNumber is that of the public body.
	OrganizationNumber v1alpha1.OrganizationNumber
	// Region is where its data is kept.
	Region v1alpha1.Region
	// Storage says how.
	Storage v1alpha1.Storage
	// DeletionPolicy says whether data outlives the objects that declare it.
	DeletionPolicy v1alpha1.DeletionPolicy
}

// App is what is declared of an App's data.
type App struct {
	// Owner is the App's service owner.
	Owner Owner
	// Name is the App's.
	Name string
	// Containers are what it keeps data in.
	Containers []v1alpha1.Container
	// Access says whether its pods may get at the data: not those of an App out of service.
	Access Access
}

// Access says whether an App may get at its data.
type Access bool

// Access to data.
const (
	// Granted: the App's pods may read and write what is in its own containers.
	Granted Access = true
	// Withdrawn: the data stays, and nobody gets at it as the App.
	Withdrawn Access = false
)

// Share is an App's share of its service owner's storage.
type Share struct {
	// Children are the objects that make it.
	Children []apply.Child
	// Env, Volumes and Mounts are what the App's container gets. There is no secret among them.
	Env     []corev1.EnvVar
	Volumes []corev1.Volume
	Mounts  []corev1.VolumeMount
	// Hosts are what its pods call to get at the data.
	Hosts []catalogue.Host
}

// Report is how the objects of a service owner's or an App's storage are.
type Report struct {
	// Findings are what is wrong, of condition StorageReady. They hold nobody up: what runs goes on, and what
	// is new waits for its data by itself.
	Findings []decide.Finding
	// Awaited are the objects that somebody is at work on, as people read them.
	Awaited []string
	// Places are where the data really lies, by what the provider's engine reports.
	Places []gate.Place
	// Containers are what Apps keep data in, whether their Apps are there or not.
	Containers []v1alpha1.KeptContainer
}

// Fate is what becomes of the data in one object.
type Fate struct {
	// What is the object, as people read it; Where its address with the provider, as an ARM id.
	What, Where string
	// Regions are where the data lies.
	Regions []v1alpha1.Region
	// Deleted says whether the data is deleted, or stays where it is.
	Deleted bool
	// RecoverableDays is for how many days after its deletion it can be brought back; 0 when it cannot.
	RecoverableDays int32
}
