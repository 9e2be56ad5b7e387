from case_threader.app import make_app
from case_threader.settings import Settings
from kit.serving import run_service

if __name__ == "__main__":
    run_service(Settings, make_app)
