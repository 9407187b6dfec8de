// SPDX-License-Identifier: BSD-3-Clause

package v1alpha1

// StorageStatus is what a service owner's data is kept in, as its provider reports it.
type StorageStatus struct {
	// Provider is who keeps it, as Azure.
	Provider string `json:"provider"`
	// Places are where the data really lies.
	// +optional
	// +listType=atomic
	Places []StoragePlace `json:"places,omitempty"`
	// Containers are what Apps keep data in, also those whose App is gone and whose data is kept.
	// +optional
	// +listType=atomic
	Containers []KeptContainer `json:"containers,omitempty"`
}

// StoragePlace is where data really lies.
type StoragePlace struct {
	// What is what lies there, as "storage account stskd0123456789".
	What string `json:"what"`
	// Region is where, by the name that the provider reports.
	Region string `json:"region"`
}

// KeptContainer is a container with data, and for how long what is in it is kept.
type KeptContainer struct {
	// Name is the container's name with the provider.
	Name string `json:"name"`
	// App is the App it belongs to; empty when that App, or the container in it, is gone and its data is kept.
	// +optional
	App string `json:"app,omitempty"`
	// RetentionDays is after how many days what is in it is deleted.
	RetentionDays int32 `json:"retentionDays"`
}
