// SPDX-License-Identifier: BSD-3-Clause

// Package admission tests what the API server takes in and what it refuses: every rule that one
// object can be judged by (product rules, OpenAPI, CEL, ValidatingAdmissionPolicy), against a real
// kube-apiserver.
//
// Six kinds of tests share one control plane (suite_test.go):
//
//   - one table per kind, sentence by sentence, each case a change of the accepted sample, with the
//     words the answer must hold;
//   - bounds_test.go reads the generated CRDs and tries every enum, bound, required field, type,
//     format and list key in them, so that a new field is covered the day it is added;
//   - freetext_test.go tries a national identity number in every field people write prose in;
//   - attacks_*_test.go try what nobody may do, by what RBAC gives a service owner's people and again as somebody whom
//     RBAC lets do anything (actors_test.go), and that those may who must;
//   - listed_test.go holds docs/security/attacks.md to them;
//   - coverage_test.go fails the run when a CEL rule of a CRD or policy was never the reason of a
//     refusal.
//
// All writes are dry runs with strict field validation, except where an earlier state matters, as that
// of an agreement in use does (agreement_in_use_test.go).
package admission
