// SPDX-License-Identifier: BSD-3-Clause

// Package scrape lets the operator's metrics be read by those whom the cluster lets read them: whoever asks shows a
// token, the API server says whose it is (TokenReview) and whether that one may get /metrics (SubjectAccessReview).
//
// controller-runtime has a filter that does the same with the machinery of k8s.io/apiserver, which would make the
// operator's binary half as large again, by 250 packages that serve nothing else here.
package scrape
