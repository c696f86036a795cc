output "network" {
  value = "projects/${var.project_id}/global/networks/${google_compute_network.main.name}"
}

output "subnetwork" {
  value = "projects/${var.project_id}/regions/${var.region}/subnetworks/${google_compute_subnetwork.main.name}"
}
