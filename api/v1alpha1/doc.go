// SPDX-License-Identifier: BSD-3-Clause

// Package v1alpha1 is the contract of the operator: the four kinds of tenancy.altinn.cloud, the
// conditions and reasons they report, and the labels they put on what they make.
//
// It holds meaning only: types, the rules one object can be judged by (OpenAPI and CEL markers), and
// the tables those rules are checked against. It decides nothing and talks to nobody, so that other
// programs can import it without the operator's dependencies.
//
// The words are the field's own: controller, processor, legal basis and data subject are GDPR terms
// (regulation (EU) 2016/679), service owner and access package are Altinn's.
//
// +kubebuilder:object:generate=true
// +groupName=tenancy.altinn.cloud
package v1alpha1
