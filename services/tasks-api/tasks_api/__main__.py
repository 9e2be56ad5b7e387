from kit.serving import run_service
from tasks_api.app import make_app
from tasks_api.settings import Settings

if __name__ == "__main__":
    run_service(Settings, make_app)
