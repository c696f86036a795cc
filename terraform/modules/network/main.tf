# A network of its own, with no rule that lets anything in: VMs of jobs have no external address and talk to nobody but
# Google's services, and to the internet only through NAT.
resource "google_compute_network" "main" {
  project                 = var.project_id
  name                    = var.name
  auto_create_subnetworks = false
}

resource "google_compute_subnetwork" "main" {
  project                  = var.project_id
  region                   = var.region
  name                     = "${var.name}-${var.region}"
  network                  = google_compute_network.main.id
  ip_cidr_range            = var.ip_range
  private_ip_google_access = true
}

resource "google_compute_router" "main" {
  count = var.nat ? 1 : 0

  project = var.project_id
  region  = var.region
  name    = "${var.name}-nat"
  network = google_compute_network.main.id
}

resource "google_compute_router_nat" "main" {
  count = var.nat ? 1 : 0

  project                             = var.project_id
  region                              = var.region
  name                                = "${var.name}-nat"
  router                              = google_compute_router.main[0].name
  nat_ip_allocate_option              = "AUTO_ONLY"
  source_subnetwork_ip_ranges_to_nat  = "LIST_OF_SUBNETWORKS"
  enable_dynamic_port_allocation      = true
  enable_endpoint_independent_mapping = false
  min_ports_per_vm                    = 64
  max_ports_per_vm                    = 4096

  subnetwork {
    name                    = google_compute_subnetwork.main.id
    source_ip_ranges_to_nat = ["ALL_IP_RANGES"]
  }

  log_config {
    enable = true
    filter = "ERRORS_ONLY"
  }
}
