// SPDX-License-Identifier: BSD-3-Clause

// Package registry calls Altinn's Resource Registry: resources, their policies, and access lists with their members
// and connections.
//
// What a caller must know, since the registry does not do it for them:
//
//   - There is no version of a resource to write on. Every Put makes a new versionId, also when nothing differs, and consents
//     are tied to the one they were asked under (Altinn's Resource Registry): read, compare, and put only a difference.
//   - On a Put the registry compares the caller with the owner in the submitted body, not with the stored one (Altinn's Resource Registry), so that
//     whoever names itself takes over what is another's. Put therefore wants the stored resource too, and refuses by itself.
//   - A deleted identifier is burnt: it is not found, and cannot be created, for ever.
//   - With accessListMode Enabled nobody can ask for a consent; who may ask is named in the policy.
//   - Access lists have versions (ETags). Whoever changes a list hands over the version it decided on, and gets Conflict when
//     the list is another by then.
//
// A resource is read into ServiceResource, which has every field the registry has. A field it gets later is not kept through
// a Put: a registered resource is wholly what its owner declares, and a change from elsewhere is drift.
package registry
